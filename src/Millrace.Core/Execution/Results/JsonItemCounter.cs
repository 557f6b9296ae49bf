namespace Millrace.Execution;

/// <summary>Counts the items of the outermost array of valid JSON as its bytes pass: a sequence that is made while it is written has no count to ask for.</summary>
struct JsonItemCounter
{
    int depth, commas;
    bool inText, escaped, isArray, any, begun;

    internal readonly int? Items => !isArray ? null : any ? commas + 1 : 0;

    internal void Read(ReadOnlySpan<byte> json)
    {
        foreach (var b in json)
        {
            if (inText)
            {
                if (escaped) escaped = false;
                else if (b == '\\') escaped = true;
                else if (b == '"') inText = false;
                continue;
            }
            if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') continue;
            if (!begun)
            {
                begun = true;
                isArray = b == '[';
            }
            else if (depth == 1 && b != ']') any = true;
            switch (b)
            {
                case (byte)'"': inText = true; break;
                case (byte)'[' or (byte)'{': depth++; break;
                case (byte)']' or (byte)'}': depth--; break;
                case (byte)',' when depth == 1: commas++; break;
            }
        }
    }
}

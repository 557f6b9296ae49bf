using System.Text;
using System.Xml;

namespace Millrace.Data;

/// <summary>Goes through a document and gives one row's elements at a time.</summary>
sealed class XmlRows : IDisposable
{
    const string Instance = "http://www.w3.org/2001/XMLSchema-instance";

    readonly XmlReader reader;
    readonly string name;
    readonly XmlOptions options;
    readonly string[] path;
    readonly bool anywhere;
    readonly List<string> open = [];
    bool moved;
    int nodes;

    /// <param name="rows"><c>//book</c> or <c>book</c>: such elements wherever they are; <c>/catalog/book</c>: those there; <c>*</c> is any element.</param>
    internal XmlRows(Stream input, string name, string rows, XmlOptions options)
    {
        (this.name, this.options) = (name, options);
        anywhere = !rows.StartsWith('/') || rows.StartsWith("//", StringComparison.Ordinal);
        path = rows.Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path.Length == 0) throw new ArgumentException($"'{rows}' names no element. Rows are '//book' or '/catalog/book'.", nameof(rows));
        // No DTD, so no entities of the file's own and nothing fetched from anywhere.
        reader = XmlReader.Create(input, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, CloseInput = false });
    }

    /// <summary>The next row's element and its line, or null at the end.</summary>
    internal XmlNode? Next(out long line)
    {
        line = Line;
        try
        {
            while (moved || reader.Read())
            {
                moved = false;
                if (reader.NodeType == XmlNodeType.Element)
                {
                    Enter();
                    if (IsRow())
                    {
                        line = Line;
                        nodes = 0;
                        return Element();
                    }
                    if (reader.IsEmptyElement) open.RemoveAt(open.Count - 1);
                }
                else if (reader.NodeType == XmlNodeType.EndElement)
                {
                    open.RemoveAt(open.Count - 1);
                }
            }
            return null;
        }
        catch (XmlException e)
        {
            var remedy = e.Message.Contains("DTD", StringComparison.Ordinal) ? "A document type definition can name files and grow without end, so none is read: remove it" : "Correct the file";
            throw new BadDataException($"{name}, line {e.LineNumber}: {Plain(e)}. {remedy}.", name, e.LineNumber, inner: e);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadDataException($"{name}, line {Line}: the file isn't in the encoding that it names.", name, Line, inner: e);
        }
    }

    long Line => ((IXmlLineInfo)reader).LineNumber;

    static string Plain(XmlException e)
    {
        var message = e.Message;
        if (message.IndexOf(" Line ", StringComparison.Ordinal) is > 0 and var at) message = message[..at];
        return message.TrimEnd('.');
    }

    void Enter()
    {
        open.Add(reader.LocalName);
        if (open.Count > options.MaxDepth) throw new BadDataException($"{name}, line {Line}: elements are nested deeper than {options.MaxDepth}. Raise MaxDepth if that is right.", name, Line);
    }

    bool IsRow()
    {
        var start = open.Count - path.Length;
        if (start < 0 || (start > 0 && !anywhere)) return false;
        for (var i = path.Length - 1; i >= 0; i--)
        {
            if (path[i] != "*" && path[i] != open[start + i]) return false;
        }
        return true;
    }

    // The element that the reader stands on, which was entered; leaves the reader behind it.
    XmlNode Element()
    {
        var node = new XmlNode(reader.LocalName);
        Count();
        var isEmpty = reader.IsEmptyElement;
        while (reader.MoveToNextAttribute())
        {
            if (reader.Prefix == "xmlns" || reader.Name == "xmlns") continue;
            if (reader.NamespaceURI == Instance)
            {
                node.IsNil |= reader.LocalName == "nil" && reader.Value is "true" or "1";
                continue;
            }
            Count();
            node.Children.Add(new XmlNode(reader.LocalName) { Text = new StringBuilder(reader.Value) });
        }
        if (!isEmpty)
        {
            while (true)
            {
                if (!reader.Read()) break;
                if (reader.NodeType == XmlNodeType.EndElement) break;
                if (reader.NodeType == XmlNodeType.Element)
                {
                    Enter();
                    node.Children.Add(Element());
                }
                else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
                {
                    (node.Text ??= new()).Append(reader.Value);
                }
            }
        }
        open.RemoveAt(open.Count - 1);
        return node;
    }

    void Count()
    {
        if (++nodes > options.MaxRowNodes)
            throw new BadDataException($"{name}, line {Line}: a row has more than {options.MaxRowNodes:N0} elements and attributes. Check which element is a row, or raise MaxRowNodes.", name, Line);
    }

    public void Dispose() => reader.Dispose();
}

using System.Text.Unicode;

namespace Millrace.Data;

/// <summary>One field of all rows of a block, about to be read as a column.</summary>
sealed class Fields(BlockParser block, Field column, ReadOnlyMemory<BytesView> views, Memory<bool> nulls)
{
    internal Field Field => column;
    internal BatchMemory Memory => block.Memory;
    internal ReadOnlySpan<byte> Bytes => block.Bytes;
    internal ReadOnlyMemory<BytesView> Views => views;

    /// <summary>Empty until one is null.</summary>
    internal ReadOnlyMemory<bool> Nulls => nulls;

    internal bool IsNull(int row) => nulls.Length > 0 && nulls.Span[row];

    internal void SetBad(int row, BytesView value, string rule, string message)
    {
        block.AddBad(row, column, value, rule, message);
        SetNull(row);
    }

    /// <summary>Not a value of the column's type.</summary>
    internal void SetUnfit(int row, BytesView value)
    {
        var kind = column.Type.Kind;
        SetBad(row, value, $"not {column.Type}", kind == TypeKind.Instant
            ? $"It isn't an instant: a date, a time and a zone (2021-08-19T21:54:38Z). Without a zone, read it as a timestamp."
            : Problem.HasMoreDigits(column.Type, Bytes.Slice(value.Start, value.Length))
            ? $"It isn't a value of type {column.Type}. {Problem.Digits}; or let such rows be rejected (Bad.Reject) or such values be null (Bad.Null)."
            : $"It isn't a value of type {column.Type}. Read the column as text, or let such rows be rejected (Bad.Reject) or such values be null (Bad.Null).");
    }

    internal BytesColumn Text() => new(column.Type, block.BytesMemory, views, nulls);

    void SetNull(int row)
    {
        if (nulls.Length == 0)
        {
            nulls = Memory.Rent<bool>(views.Length).AsMemory(0, views.Length);
            nulls.Span.Clear();
        }
        nulls.Span[row] = true;
    }

    internal void RefuseNulls()
    {
        for (var row = 0; row < nulls.Length; row++)
        {
            if (nulls.Span[row]) block.AddBad(row, column, default, "null", $"'{column.Name}' is empty, and it may not be null.");
        }
    }

    /// <summary>Refuses text that isn't UTF-8 or holds a NUL.</summary>
    internal void CheckText()
    {
        if (block.IsCleanText) return;
        for (var row = 0; row < views.Length; row++)
        {
            var view = views.Span[row];
            var text = Bytes.Slice(view.Start, view.Length);
            if (!Utf8.IsValid(text)) SetBad(row, view, "encoding", $"'{column.Name}' isn't UTF-8. Where the file has another encoding, name it.");
            else if (text.Contains((byte)0)) SetBad(row, view, "nul", $"'{column.Name}' holds a NUL character, which text may not. Where the file is UTF-16, name that encoding.");
        }
    }
}

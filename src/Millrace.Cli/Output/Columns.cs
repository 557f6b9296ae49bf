using Spectre.Console;

namespace Millrace.Cli.Output;

/// <summary>A list as columns without lines, which people and line tools read alike.</summary>
sealed class Columns
{
    readonly Table _table = new() { Border = TableBorder.None, ShowHeaders = true };

    internal Columns(params IEnumerable<string> headers)
    {
        foreach (var header in headers)
            _table.AddColumn(new TableColumn($"[bold]{Markup.Escape(header.ToUpperInvariant())}[/]") { Padding = new(0, 0, 2, 0), NoWrap = true });
    }

    internal Columns WrapLast()
    {
        _table.Columns[^1].NoWrap = false;
        return this;
    }

    /// <param name="cells">Markup: what comes from users goes through Text.Of first.</param>
    internal void Add(params IEnumerable<string> cells) => _table.AddRow(cells.Select(cell => new Markup(cell)));

    internal void WriteTo(Terminal terminal) => terminal.Write(_table);
}

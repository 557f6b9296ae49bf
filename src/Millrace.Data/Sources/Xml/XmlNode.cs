using System.Text;

namespace Millrace.Data;

/// <summary>An element or attribute of a row.</summary>
sealed class XmlNode(string name)
{
    /// <summary>What the text of an element is called that has attributes or children besides.</summary>
    internal const string TextName = "text";

    internal string Name { get; } = name;
    internal StringBuilder? Text { get; set; }
    internal List<XmlNode> Children { get; } = [];

    /// <summary>Whether the element says that it has no value: <c>xsi:nil</c>.</summary>
    internal bool IsNil { get; set; }

    internal string Value => Text?.ToString().Trim() ?? "";

    /// <summary>Children by name, in the order of their first; text beside them is one of them.</summary>
    internal IEnumerable<IGrouping<string, XmlNode>> Fields()
    {
        var all = Children.AsEnumerable();
        if (Value.Length > 0) all = all.Append(new XmlNode(TextName) { Text = Text });
        return all.GroupBy(c => c.Name, StringComparer.Ordinal);
    }
}

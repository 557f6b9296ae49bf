using System.Text;
using System.Text.Json.Nodes;

namespace Millrace.Data;

/// <summary>Documents in which each element of one name is a row.</summary>
sealed class XmlSource(IReadOnlyList<string> paths, string rows, XmlOptions options) : RecordSource(paths, options.Limits)
{
    public override string Kind => "xml";

    private protected override Schema? Given => options.Columns;
    private protected override Bad? Bad => options.Bad;

    private protected override string Remedy => "Correct the file, change the column's type, or reject bad rows.";
    private protected override string Inspector => "Xml.InspectAsync";
    private protected override int InferRows => options.InferRows;

    public override JsonObject? Describe()
    {
        var description = base.Describe()!;
        description["rows"] = rows;
        SourceText.Describe(description, options.Columns, options.Bad);
        SourceText.Describe(description, "inferRows", options.InferRows, XmlOptions.Default.InferRows);
        SourceText.Describe(description, "maxDepth", options.MaxDepth, XmlOptions.Default.MaxDepth);
        SourceText.Describe(description, "maxRowNodes", options.MaxRowNodes, XmlOptions.Default.MaxRowNodes);
        SourceText.Describe(description, options.Limits);
        return description;
    }

    internal static XmlSource Open(JsonObject description) => new(SourceText.Paths(description), description["rows"]!.GetValue<string>(), new XmlOptions
    {
        Columns = SourceText.Columns(description),
        Bad = SourceText.BadRows(description),
        InferRows = SourceText.Number(description, "inferRows", XmlOptions.Default.InferRows),
        MaxDepth = SourceText.Number(description, "maxDepth", XmlOptions.Default.MaxDepth),
        MaxRowNodes = SourceText.Number(description, "maxRowNodes", XmlOptions.Default.MaxRowNodes),
        Limits = SourceText.Limits(description),
    });

    private protected override RecordReader Open(InputFile file, Stream input) =>
        new Reader(new XmlRows(input, file.Name, rows, options), new Schema(Schema.Where(f => !Partitions.Fields.Contains(f.Name))), options.Columns is null);

    private protected override InferredSchema Infer(IReadOnlyList<InputFile> files, long most, CancellationToken cancel)
    {
        var root = new TypeEvidence();
        var left = most;
        foreach (var file in files)
        {
            using var input = file.OpenAsItIsAsync(cancel).AsTask().GetAwaiter().GetResult();
            using var reader = new XmlRows(input, file.Name, rows, options);
            while (left > 0 && reader.Next(out var line) is { } row)
            {
                cancel.ThrowIfCancellationRequested();
                left--;
                root.AddStruct(line);
                AddFields(row, root, line);
            }
            if (left == 0) break;
        }
        if (left == most)
            throw new BadDataException($"'{files[0].Name}' has no elements '{rows}' to infer columns from. Check the rows' name, or give the Columns.", files[0].Name);
        var found = new List<ColumnEvidence>();
        return new InferredSchema(root.Fields("", found, whole: left > 0), found);
    }

    static void AddFields(XmlNode node, TypeEvidence evidence, long line)
    {
        foreach (var group in node.Fields())
        {
            // Once repeated is a list everywhere: a single item elsewhere is a list of one.
            var field = evidence.Field(group.Key);
            if (group.Count() > 1) field.MakeList(line);
            foreach (var child in group) Add(child, field.IsList ? field.AddItem(line) : field, line);
        }
    }

    static void Add(XmlNode node, TypeEvidence evidence, long line)
    {
        if (node.IsNil || (node.Children.Count == 0 && node.Value.Length == 0)) evidence.AddNull();
        else if (node.Children.Count == 0 && !evidence.HasFields) evidence.AddUntyped(Encoding.UTF8.GetBytes(node.Value), line);
        else
        {
            // Once with attributes or children, an element has parts everywhere: a text alone is one of them.
            if (evidence.HasValues) evidence.MakeStruct(XmlNode.TextName, line);
            evidence.AddStruct(line);
            AddFields(node, evidence, line);
        }
    }

    sealed class Reader(XmlRows rows, Schema schema, bool strict) : RecordReader
    {
        internal override bool Read(RecordBatch into)
        {
            if (rows.Next(out var line) is not { } row) return false;
            into.BeginRow(line);
            foreach (var group in row.Fields())
            {
                if (!schema.TryIndexOf(group.Key, out var column))
                {
                    if (!strict) continue;
                    into.Refuse(Unknown(group.Key));
                    return true;
                }
                if (into[column] is { } builder && Add([.. group], builder, schema[column], schema[column].Name) is { } problem && !into.RefuseValue(column, problem)) return true;
            }
            into.EndRow();
            return true;
        }

        static Problem Unknown(string name) => new("unknown element", name, null, $"there is an element or attribute '{name}' that no row had before");

        Problem? Add(IReadOnlyList<XmlNode> nodes, ColumnBuilder to, Field field, string path)
        {
            if (field.Type is ListType list)
            {
                var items = (ListBuilder)to;
                foreach (var node in nodes)
                {
                    if (AddOne(node, items.Items, list.Item, $"{path}[]") is { } problem) return problem;
                }
                items.EndList();
                return null;
            }
            return nodes.Count == 1
                ? AddOne(nodes[0], to, field, path)
                : new Problem("repeated", path, nodes[1].Value, $"'{path}' stands {nodes.Count} times in the row, and the column holds one");
        }

        Problem? AddOne(XmlNode node, ColumnBuilder to, Field field, string path)
        {
            if (node.IsNil || (node.Children.Count == 0 && node.Value.Length == 0))
            {
                // An empty element is the empty text where null can't be.
                if (!field.Nullable && field.Type.Kind == TypeKind.Text && !node.IsNil)
                {
                    ((BytesBuilder)to).Add(""u8);
                    return null;
                }
                if (!field.Nullable) return Problem.Missing(path);
                to.AddNull();
                return null;
            }
            if (field.Type is StructType type) return AddStruct(node, (StructBuilder)to, type.Fields, path);
            if (node.Children.Count > 0 && field.Type.Kind != TypeKind.Text)
                return new Problem($"not {field.Type}", path, null, $"column '{path}' is {Problem.Article(field.Type)}, and an element with {node.Children.Count} parts stands there");
            // An attribute beside a text is left out only where nobody inferred otherwise.
            if (node.Children.Count > 0 && strict) return new Problem("not text", path, node.Value, $"column '{path}' is a text, and an element with {node.Children.Count} parts stands there");
            var text = Encoding.UTF8.GetBytes(node.Value);
            return TypedText.TryAdd(to, text) ? null : Problem.NotOf(field, path, text);
        }

        Problem? AddStruct(XmlNode node, StructBuilder to, Schema fields, string path)
        {
            var count = to.Count;
            foreach (var group in node.Fields())
            {
                if (!fields.TryIndexOf(group.Key, out var at))
                {
                    if (strict) return Unknown($"{path}.{group.Key}");
                    continue;
                }
                if (to.Fields[at].Count > count) return new Problem("repeated", path, null, $"'{path}' has two parts '{fields[at].Name}'");
                if (Add([.. group], to.Fields[at], fields[at], $"{path}.{fields[at].Name}") is { } problem) return problem;
            }
            for (var i = 0; i < fields.Count; i++)
            {
                if (to.Fields[i].Count > count) continue;
                if (!fields[i].Nullable) return Problem.Missing($"{path}.{fields[i].Name}");
                to.Fields[i].AddNull();
            }
            to.EndStruct();
            return null;
        }

        public override void Dispose() => rows.Dispose();
    }
}

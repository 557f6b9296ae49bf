namespace Millrace.Dags;

// The analyser takes the names that the compiler gives extension blocks for ones that differ by case.
#pragma warning disable CA1708

/// <summary>Chains that start with several tasks: <c>_ = (a, b) >> c</c>.</summary>
public static class NodeTuples
{
    extension((Node, Node))
    {
        public static Node operator >>((Node, Node) before, Node after) => ((Node)before).Then(after);
    }

    extension((Node, Node, Node))
    {
        public static Node operator >>((Node, Node, Node) before, Node after) => ((Node)before).Then(after);
    }

    extension((Node, Node, Node, Node))
    {
        public static Node operator >>((Node, Node, Node, Node) before, Node after) => ((Node)before).Then(after);
    }

    extension((Node, Node, Node, Node, Node))
    {
        public static Node operator >>((Node, Node, Node, Node, Node) before, Node after) => ((Node)before).Then(after);
    }
}

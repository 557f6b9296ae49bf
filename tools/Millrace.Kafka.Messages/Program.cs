using Millrace.Kafka.Messages;

if (args is not [var definitions, var target])
{
    Console.Error.WriteLine("""
        Writes the C# of the Kafka wire's messages from Apache Kafka's message definitions.
        Usage: dotnet run --project tools/Millrace.Kafka.Messages -- DEFINITIONS src/Millrace.Kafka/Wire/Messages
        DEFINITIONS is a folder with FetchRequest.json and its like.
        """);
    return 2;
}

foreach (var old in Directory.GetFiles(target, "*.g.cs")) File.Delete(old);
foreach (var name in Wanted.Messages)
{
    var message = MessageDefinition.Read(Path.Combine(definitions, name + ".json"));
    File.WriteAllText(Path.Combine(target, name + ".g.cs"), new MessageCode(message).Text);
}
Console.WriteLine($"{Wanted.Messages.Count} messages written to {target}.");
return 0;

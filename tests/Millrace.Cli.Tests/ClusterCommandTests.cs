using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Broker;
using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Kafka;

namespace Millrace.Cli.Tests;

/// <summary><c>topics</c>, <c>groups</c>, <c>acls</c>, <c>configs</c> and <c>kafka-topics</c> against a broker.</summary>
public sealed class ClusterCommandTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Topics_are_created_listed_described_changed_and_deleted()
    {
        await using var bed = await ClusterBed.StartAsync();
        Assert.Equal("Topic users is created.\n", await bed.OkAsync("topics create users --partitions 2 --config retention.ms=1000000"));
        Assert.Contains("TopicAlreadyExists", await bed.RefusedAsync("topics create users"), StringComparison.Ordinal);
        Assert.Equal("Topic users is there already.\n", await bed.OkAsync("topics create users --if-not-exists"));
        Assert.Contains("users  2           1", await bed.OkAsync("topics list"), StringComparison.Ordinal);
        var described = await bed.OkAsync("topics describe users");
        Assert.Contains("users: 2 partitions, 1 copy of each", described, StringComparison.Ordinal);
        Assert.Contains("retention.ms = 1000000", described, StringComparison.Ordinal);
        await bed.OkAsync("topics alter users --partitions 3 --delete-config retention.ms");
        var details = (await bed.JsonAsync("topics describe users"))[0];
        Assert.Equal(3, details.GetProperty("topic").GetProperty("partitions").GetArrayLength());
        Assert.Empty(details.GetProperty("settings").EnumerateObject());
        Assert.Equal(0, details.GetProperty("offsets")[2].GetProperty("end").GetInt64());
        Assert.Contains("Nothing is to be changed", await bed.RefusedAsync("topics alter users"), StringComparison.Ordinal);
        Assert.Equal("Topic users is deleted.\n", await bed.OkAsync("topics delete users"));
        Assert.Contains("'users'", await bed.RefusedAsync("topics delete users"), StringComparison.Ordinal);
        Assert.Equal("", await bed.OkAsync("topics delete users --if-exists"));
        Assert.Equal("No topics.\n", await bed.OkAsync("topics list"));
    }

    [Fact]
    public async Task Offsets_of_a_group_are_shown_first_and_written_when_told_to()
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.Kafka.Admin.CreateTopicAsync("orders", partitions: 2, cancellation: Token);
        Assert.Contains("old  new\norders  0          -    0\norders  1          -    0\n\nNothing is written yet", (await bed.OkAsync("groups reset-offsets shop --topic orders --to-latest")).Replace("OLD  NEW", "old  new", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(await bed.Kafka.Admin.ListGroupsAsync(Token));
        Assert.Contains("Group shop goes on there.", await bed.OkAsync("groups reset-offsets shop --topic orders --to-latest --execute"), StringComparison.Ordinal);
        Assert.Equal("shop", (await bed.JsonAsync("groups list"))[0].GetProperty("id").GetString());
        var group = await bed.JsonAsync("groups describe shop");
        Assert.Equal(("empty", 2), (group.GetProperty("state").GetString(), group.GetProperty("offsets").GetArrayLength()));
        Assert.Contains("shop: empty, 0 members, classic protocol, 0 records behind", await bed.OkAsync("groups describe shop"), StringComparison.Ordinal);
        Assert.Equal("Group shop is deleted.\n", await bed.OkAsync("groups delete shop"));
        Assert.Equal("No groups.\n", await bed.OkAsync("groups list"));
        Assert.Contains("there is no such group", await bed.RefusedAsync("groups describe shop"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_old_broker_does_not_tell_of_a_group_is_left_out()
    {
        using var output = new StringWriter();
        GroupsList.Write(new(output, TextWriter.Null), [GroupView.Of(new("shop", "consumer", GroupState.Unknown, GroupKind.Unknown)), GroupView.Of(new("till", "consumer", GroupState.Stable, GroupKind.Classic))]);
        Assert.Equal("GROUP  STATE   KIND     PROTOCOL\nshop   -       -        consumer\ntill   stable  classic  consumer\n", output.ToString());
    }

    [Theory]
    [InlineData("--to-earliest", 2)]
    [InlineData("--to-latest", 5)]
    [InlineData("--to-current", 4)]
    [InlineData("--to-offset 3", 3)]
    [InlineData("--to-offset 99", 5)]
    [InlineData("--shift-by -1", 3)]
    [InlineData("--shift-by -99", 2)]
    [InlineData("--shift-by 1", 5)]
    [InlineData("--to-datetime 2001-01-01", 2)]
    [InlineData("--to-datetime 1960-01-01", 2)]
    [InlineData("--to-datetime 2999-01-01", 5)]
    [InlineData("--from-file offsets.csv", 3)]
    public async Task A_group_is_moved_to_where_it_is_told_but_not_beyond_what_there_is(string where, long to)
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.Kafka.Admin.CreateTopicAsync("orders", cancellation: Token);
        await FillAsync(bed, "orders", 5);
        TopicPartition only = new("orders", 0);
        await bed.Kafka.Admin.DeleteRecordsAsync(only, 2, Token);
        await bed.Kafka.Admin.AlterGroupOffsetsAsync("shop", new Dictionary<TopicPartition, long> { [only] = 4 }, Token);
        var file = bed.File("offsets.csv", "\"orders\",0,3\n");
        await bed.OkAsync($"groups reset-offsets shop --all-topics {where.Replace("offsets.csv", file, StringComparison.Ordinal)} --execute");
        Assert.Equal(to, Assert.Single(await bed.Kafka.Admin.ListGroupOffsetsAsync("shop", Token)).Offset);
    }

    static async Task FillAsync(ClusterBed bed, string topic, int records)
    {
        var broker = await bed.Kafka.Metadata.AnyAsync(Token);
        for (var i = 0; i < records; i++)
        {
            using var batch = new Kafka.Records.BatchBuilder();
            batch.Clear();
            batch.Add(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default, hasKey: false, "a record"u8, hasValue: true);
            var answer = await broker.AskAsync<Kafka.Wire.ProduceRequest, Kafka.Wire.ProduceResponse>(new()
            {
                Acks = -1,
                TimeoutMs = 10_000,
                TopicData = [new() { Name = topic, PartitionData = [new() { Records = batch.Build(new()).ToArray() }] }],
            }, Token, most: 12);
            Assert.Equal(ErrorCode.None, answer.Responses[0].PartitionResponses[0].ErrorCode);
        }
    }

    [Theory]
    [InlineData("groups reset-offsets shop --topic orders", "Say where to, once")]
    [InlineData("groups reset-offsets shop --topic orders --to-latest --to-offset 3", "Say where to, once")]
    [InlineData("groups reset-offsets shop --to-latest", "Say for which topics")]
    [InlineData("groups reset-offsets shop --all-topics --to-latest", "has committed nothing yet")]
    [InlineData("groups reset-offsets shop --topic orders:x --to-latest", "'x' is no partition")]
    [InlineData("groups reset-offsets shop --topic orders:7 --to-latest", "no partition 7")]
    [InlineData("groups reset-offsets shop --topic nothing --to-latest", "'nothing'")]
    [InlineData("topics create more --config retention.ms", "write a setting as name=value")]
    [InlineData("configs describe", "Say whose settings")]
    [InlineData("configs alter --topic orders", "Nothing is to be changed")]
    [InlineData("configs describe --broker 7", "There is no broker 7")]
    [InlineData("acls add --topic orders --operation read", "--principal User:NAME")]
    [InlineData("acls add --topic orders --operation eat --principal User:bob", "--operation is 'eat'. Give any, all, read")]
    [InlineData("acls remove", "Say which rules")]
    [InlineData("acls list", "--super-user")]
    [InlineData("kafka-topics --topic orders", "Give one of --create, --list")]
    [InlineData("kafka-topics --create", "--topic NAME")]
    [InlineData("kafka-topics --list --zookeeper localhost:2181", "--bootstrap-server")]
    public async Task What_is_typed_wrongly_is_answered_with_what_to_type(string line, string answer)
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.Kafka.Admin.CreateTopicAsync("orders", cancellation: Token);
        Assert.Contains(answer, await bed.RefusedAsync(line), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_are_changed_and_those_that_somebody_set_are_shown()
    {
        await using var bed = await ClusterBed.StartAsync();
        await bed.Kafka.Admin.CreateTopicAsync("orders", cancellation: Token);
        Assert.Contains("Nobody has set anything", await bed.OkAsync("configs describe --topic orders"), StringComparison.Ordinal);
        Assert.Equal("The settings of orders are changed.\n", await bed.OkAsync("configs alter --topic orders --set retention.ms=1000000 --append cleanup.policy=compact"));
        var found = (await bed.JsonAsync("configs describe --topic orders")).EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("value").GetString());
        Assert.Equal(new() { ["cleanup.policy"] = "delete,compact", ["retention.ms"] = "1000000" }, found);
        await bed.OkAsync("configs alter --topic orders --reset retention.ms --subtract cleanup.policy=compact");
        Assert.Contains("retention.ms", await bed.OkAsync("configs describe --topic orders --all"), StringComparison.Ordinal);
        Assert.Equal("The settings of all brokers are changed.\n", await bed.OkAsync("configs alter --all-brokers --set log.retention.ms=7000000"));
        Assert.Contains("log.retention.ms  7000000  broker", await bed.OkAsync("configs describe --broker 1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_are_added_listed_and_removed_by_who_logs_in_with_Kafkas_properties()
    {
        await using var bed = await ClusterBed.StartAsync(new() { Users = new Dictionary<string, string> { ["ann"] = "se\"cret" }, SuperUsers = ["ann"] });
        var login = bed.File("client.properties", "# as for Kafka's tools\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism = SCRAM-SHA-512\nsasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n  username=\"ann\" password=\"se\\\"cret\";\n");
        await bed.OkAsync($"acls add --topic orders- --prefixed --operation read,describe --principal User:bob --command-config {login}");
        await bed.OkAsync($"acls add --topic orders-9 --operation all --deny --principal User:bob --command-config {login}");
        await bed.OkAsync($"acls add --group * --cluster --operation DescribeConfigs --principal User:eve --host 10.0.0.1 --command-config {login}");
        Assert.Equal(5, (await bed.JsonAsync($"acls list --command-config {login}")).GetArrayLength());
        Assert.Equal(3, (await bed.JsonAsync($"acls list --topic orders-9 --command-config {login}")).GetArrayLength());
        var listed = await bed.OkAsync($"acls list --principal User:eve --cluster --command-config {login}");
        Assert.Contains("User:eve   allow       describe-configs  cluster   kafka-cluster  literal  10.0.0.1", listed, StringComparison.Ordinal);
        Assert.Equal(1, (await bed.JsonAsync($"acls remove --topic orders-9 --command-config {login}")).GetArrayLength());
        Assert.Equal(2, (await bed.JsonAsync($"acls remove --topic orders- --prefixed --command-config {login}")).GetArrayLength());
        Assert.Contains("none is removed", await bed.OkAsync($"acls remove --principal User:bob --command-config {login}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_the_brokers_own_is_trusted_where_the_properties_name_it()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var bed = await ClusterBed.StartAsync(new() { Certificate = certificate });
        var root = bed.File("root.pem", certificate.ExportCertificatePem());
        Assert.Equal("No topics.\n", await bed.OkAsync($"topics list --command-config {bed.File("tls.properties", $"security.protocol=SSL\nssl.ca.location={root}\n")}"));
        var refused = await bed.RunAsync($"topics list --command-config {bed.File("bare.properties", "security.protocol=SSL\n")}");
        Assert.Equal(ExitCode.Usage, refused.Code);
        Assert.Contains("ssl.ca.location in the file of --command-config", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("security.protocol=TLS", "Give PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")]
    [InlineData("security.protocol=SASL_SSL", "sasl.username and sasl.password")]
    [InlineData("security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI\nsasl.username=a\nsasl.password=b", "'GSSAPI'. Give PLAIN")]
    [InlineData("ssl.endpoint.identification.algorithm=", "'ssl.endpoint.identification.algorithm' is not known here")]
    [InlineData("security.protocol=SSL\nssl.ca.location=/nothing/here.pem", "a certificate can't be read")]
    [InlineData("security.protocol=SSL\nssl.truststore.location=x.jks\nssl.truststore.type=JKS", "Give PEM or PKCS12")]
    [InlineData("request.timeout.ms=soon", "Give a number of milliseconds")]
    [InlineData("a line", "Write name=value")]
    public async Task Properties_that_mean_nothing_are_told_with_their_file(string text, string answer)
    {
        await using var bed = await ClusterBed.StartAsync();
        var file = bed.File("client.properties", text);
        var told = await bed.RefusedAsync($"topics list --command-config {file}");
        Assert.Contains(file, told, StringComparison.Ordinal);
        Assert.Contains(answer, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_named_with_what_to_do()
    {
        using var millrace = new CommandLineDriver();
        var answer = await millrace.RunAsync("topics", "list", "--bootstrap-server", "localhost:1");
        Assert.Equal((ExitCode.Unavailable, ""), (answer.Code, answer.Output));
        Assert.Contains("localhost:1", answer.Error, StringComparison.Ordinal);
        Assert.Contains("is not a broker", await millrace.RefusedAsync("topics", "list", "--bootstrap-server", "localhost:x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_broker_of_this_machine_is_meant_where_none_is_named()
    {
        using var millrace = new CommandLineDriver();
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        File.WriteAllText(Path.Combine(millrace.Home, "millrace.json"), $$$"""{"broker":{"port":"{{{broker.Port.ToString(CultureInfo.InvariantCulture)}}}"}}""");
        Assert.Equal("No topics.\n", await millrace.OkAsync("topics", "list"));
        File.WriteAllText(Path.Combine(millrace.Home, "millrace.json"), """{"broker":{"port":"0"}}""");
        Assert.Contains("--bootstrap-server localhost:PORT", await millrace.RefusedAsync("topics", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_for_Kafkas_own_tool_are_understood_and_answered_as_it_does()
    {
        await using var bed = await ClusterBed.StartAsync();
        Assert.Equal("Created topic user_topic.\n", await bed.OkAsync("kafka-topics --create --topic user_topic --partitions 2 --replication-factor 1 --config retention.ms=1000000"));
        Assert.Equal("", await bed.OkAsync("kafka-topics --create --topic user_topic --if-not-exists"));
        var copies = await bed.RunAsync("kafka-topics --topic log_topic --create --partitions 2 --replication-factor 2");
        Assert.Equal((0, "Created topic log_topic.\n"), (copies.Code, copies.Output));
        Assert.Contains("there is one copy of each partition, not 2", copies.Error, StringComparison.Ordinal);
        Assert.Equal("log_topic\nuser_topic\n", await bed.OkAsync("kafka-topics --list"));
        var described = (await bed.OkAsync("kafka-topics --describe user_topic")).Split('\n');
        Assert.Matches("^Topic: user_topic\tTopicId: [A-Za-z0-9_-]{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=1000000$", described[0]);
        Assert.Equal("\tTopic: user_topic\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1", described[2]);
        Assert.Equal(7, (await bed.OkAsync("kafka-topics --describe")).Split('\n').Length);
        Assert.Equal("", await bed.OkAsync("kafka-topics --alter --topic user_topic --partitions 4"));
        Assert.Contains("PartitionCount: 4", await bed.OkAsync("kafka-topics --describe --topic user_topic"), StringComparison.Ordinal);
        Assert.Equal("", await bed.OkAsync("kafka-topics --topic log_topic --delete"));
        Assert.Equal("user_topic\n", await bed.OkAsync("kafka-topics --list"));
        Assert.Equal("", await bed.OkAsync("kafka-topics --delete --if-exists --topic log_topic"));
        Assert.Equal("", await bed.OkAsync("kafka-topics --describe --if-exists --topic log_topic"));
    }
}

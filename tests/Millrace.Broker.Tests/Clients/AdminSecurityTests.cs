namespace Millrace.Broker.Tests.Clients;

/// <summary>What <see cref="KafkaAdmin"/> does with rules and quotas.</summary>
public sealed class AdminSecurityTests
{
    static readonly BrokerOptions secured = new() { Users = new Dictionary<string, string> { ["ann"] = "secret", ["bob"] = "hunter2" }, SuperUsers = ["ann"] };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static KafkaClient Log(EmbeddedBroker broker, string user, string password) => new(new KafkaOptions { BootstrapServers = broker.BootstrapServers, Sasl = SaslLogin.ScramSha512(user, password) });

    [Fact]
    public async Task Rules_are_added_listed_obeyed_and_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync(secured, cancellation: Token);
        await using var ann = Log(broker, "ann", "secret");
        await using var bob = Log(broker, "bob", "hunter2");
        await AdminTopicTests.RefusesAsync(ErrorCode.TopicAuthorizationFailed, "orders-1", () => bob.Admin.CreateTopicAsync("orders-1", cancellation: Token));
        Acl create = new(AclResource.Topic, "orders-", "User:bob", AclOperation.Create) { Pattern = AclPattern.Prefixed };
        Acl read = new(AclResource.Group, "*", "User:bob", AclOperation.Read);
        Acl deny = new(AclResource.Topic, "orders-9", "User:bob", AclOperation.All) { Permission = AclEffect.Deny };
        await ann.Admin.CreateAclsAsync([create, read, deny], Token);
        await bob.Admin.CreateTopicAsync("orders-1", cancellation: Token);
        await AdminTopicTests.RefusesAsync(ErrorCode.TopicAuthorizationFailed, "orders-9", () => bob.Admin.CreateTopicAsync("orders-9", cancellation: Token));
        Assert.Equivalent(new[] { create, read, deny }, await ann.Admin.ListAclsAsync(cancellation: Token));
        Assert.Equal([read], await ann.Admin.ListAclsAsync(new() { Resource = AclResource.Group }, Token));
        Assert.Equivalent(new[] { create, deny }, await ann.Admin.ListAclsAsync(new() { Resource = AclResource.Topic, Name = "orders-9", Pattern = AclPattern.Match }, Token));
        Assert.Equal([deny], await ann.Admin.DeleteAclsAsync(new() { Permission = AclEffect.Deny }, Token));
        await bob.Admin.CreateTopicAsync("orders-9", cancellation: Token);
        await AdminTopicTests.RefusesAsync(ErrorCode.ClusterAuthorizationFailed, "rules", async () => await bob.Admin.ListAclsAsync(cancellation: Token));
    }

    [Fact]
    public async Task Quotas_are_set_listed_and_taken_away()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        QuotaOwner ann = new("ann", QuotaOwner.Default), all = new(ClientId: QuotaOwner.Default);
        await kafka.Admin.AlterQuotasAsync(ann, new Dictionary<string, double?> { ["producer_byte_rate"] = 1024, ["consumer_byte_rate"] = 2048 }, Token);
        await kafka.Admin.AlterQuotasAsync(all, new Dictionary<string, double?> { ["producer_byte_rate"] = 512 }, Token);
        var quotas = await kafka.Admin.ListQuotasAsync(Token);
        Assert.Equal(2, quotas.Count);
        Assert.Equal(1024, quotas.Single(q => q.Owner == ann).Limits["producer_byte_rate"]);
        Assert.Equal(512, quotas.Single(q => q.Owner == all).Limits["producer_byte_rate"]);
        await kafka.Admin.AlterQuotasAsync(all, new Dictionary<string, double?> { ["producer_byte_rate"] = null }, Token);
        Assert.Equal(ann, Assert.Single(await kafka.Admin.ListQuotasAsync(Token)).Owner);
    }

    [Fact]
    public async Task Without_users_there_are_no_rules_and_that_is_said()
    {
        await using var broker = await EmbeddedBroker.StartAsync(cancellation: Token);
        await using var kafka = new KafkaClient(broker.BootstrapServers);
        await AdminTopicTests.RefusesAsync(ErrorCode.SecurityDisabled, "rules", async () => await kafka.Admin.ListAclsAsync(cancellation: Token));
    }
}

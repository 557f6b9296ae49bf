using Millrace.Broker.Connections;
using Millrace.Kafka.Wire;

namespace Millrace.Broker.Security;

/// <summary>Users that tools add, change and remove.</summary>
static class ScramApis
{
    internal static Api Describe(BrokerNode node) => Api.Of<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>((request, asked) =>
    {
        if (!node.Security.May(request, AclOperation.Describe, ResourceType.Cluster, Acls.ClusterName)) return new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        var byUser = node.Security.Credentials.All().ToLookup(c => c.User);
        var users = asked.Users is { Count: > 0 } wanted ? wanted.Select(u => u.Name).Distinct() : byUser.Select(u => u.Key);
        return new()
        {
            ErrorMessage = null,
            Results = [.. users.Select(user => new DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult
            {
                User = user,
                ErrorCode = byUser.Contains(user) ? ErrorCode.None : ErrorCode.ResourceNotFound,
                ErrorMessage = byUser.Contains(user) ? null : $"There is no user '{user}'.",
                CredentialInfos = [.. byUser[user].Select(c => new DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult.CredentialInfo { Mechanism = (sbyte)c.Mechanism, Iterations = c.Iterations })],
            })],
        };
    });

    internal static Api Alter(BrokerNode node) => Api.Of<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(async (request, asked) =>
    {
        var users = asked.Upsertions.Select(u => u.Name).Concat(asked.Deletions.Select(d => d.Name)).Distinct().ToList();
        var may = node.Security.May(request, AclOperation.Alter, ResourceType.Cluster, Acls.ClusterName);
        var flaws = users.ToDictionary(u => u, u => may ? Flaw(node, asked, u) : new(ErrorCode.ClusterAuthorizationFailed, null));
        var changes = asked.Upsertions.Where(u => flaws[u.Name] is null).Select(u => (u.Name, (ScramMechanism)u.Mechanism, (ScramCredential?)ScramCredential.Of((ScramMechanism)u.Mechanism, u.SaltedPassword, u.Salt, u.Iterations)))
            .Concat(asked.Deletions.Where(d => flaws[d.Name] is null).Select(d => (d.Name, (ScramMechanism)d.Mechanism, (ScramCredential?)null))).ToList();
        try
        {
            await node.Security.Credentials.PutAsync(changes).ConfigureAwait(false);
        }
        catch (IOException failed)
        {
            foreach (var user in users) flaws[user] ??= new(ErrorCode.KafkaStorageError, failed.Message);
        }
        return new() { Results = users.ConvertAll(u => new AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult { User = u, ErrorCode = flaws[u]?.Error ?? ErrorCode.None, ErrorMessage = flaws[u]?.Message }) };
    });

    static Topics.Refused? Flaw(BrokerNode node, AlterUserScramCredentialsRequest asked, string user)
    {
        if (user.Length == 0) return new(ErrorCode.UnacceptableCredential, "A user needs a name.");
        var touched = asked.Upsertions.Where(u => u.Name == user).Select(u => u.Mechanism).Concat(asked.Deletions.Where(d => d.Name == user).Select(d => d.Mechanism)).ToList();
        if (touched.Distinct().Count() < touched.Count) return new(ErrorCode.DuplicateResource, "A mechanism of a user is in the request more than once.");
        foreach (var mechanism in touched)
            if (!Enum.IsDefined((ScramMechanism)mechanism)) return new(ErrorCode.UnsupportedSaslMechanism, $"There is no mechanism {mechanism}.");
        foreach (var up in asked.Upsertions.Where(u => u.Name == user))
        {
            if (up.Iterations is < ScramCredential.FewestIterations or > ScramCredential.MostIterations)
                return new(ErrorCode.UnacceptableCredential, $"Iterations are {ScramCredential.FewestIterations:N0} to {ScramCredential.MostIterations:N0}, not {up.Iterations:N0}.");
            if (up.Salt.Length == 0 || up.SaltedPassword.Length == 0) return new(ErrorCode.UnacceptableCredential, "A credential needs its salt and its salted password.");
        }
        foreach (var down in asked.Deletions.Where(d => d.Name == user))
            if (node.Security.Credentials.Stored(user, (ScramMechanism)down.Mechanism) is null) return new(ErrorCode.ResourceNotFound, $"There is no such credential of '{user}'.");
        return null;
    }
}

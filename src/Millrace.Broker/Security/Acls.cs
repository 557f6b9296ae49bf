using System.Collections.Concurrent;
using Millrace.Broker.State;

namespace Millrace.Broker.Security;

/// <summary>The rules of who may do what. Who isn't allowed by one may not, and a rule that forbids outweighs those that allow.</summary>
sealed class Acls
{
    /// <summary>The name of the only cluster there is, as rules name it.</summary>
    internal const string ClusterName = "kafka-cluster";

    const int MostRemembered = 10_000;

    readonly StateLog state;
    readonly ConcurrentDictionary<(string, string, AclOperation, ResourceType, string), bool> answers = [];
    volatile IReadOnlyList<AclRule> rules;

    internal Acls(StateLog state)
    {
        this.state = state;
        rules = Load();
    }

    List<AclRule> Load() => [.. state.All(StateKind.Acl).Select(a => AclRule.Read(a.Value))];

    internal IReadOnlyList<AclRule> All => rules;

    internal async ValueTask ChangeAsync(IEnumerable<AclRule> add, IEnumerable<AclRule> remove)
    {
        await state.PutAsync([.. remove.Select(r => new StateChange(StateKind.Acl, r.Key, null)), .. add.Select(r => new StateChange(StateKind.Acl, r.Key, r.Write()))]).ConfigureAwait(false);
        rules = Load();
        answers.Clear();
    }

    internal bool May(string principal, string host, AclOperation operation, ResourceType type, string name)
    {
        var question = (principal, host, operation, type, name);
        if (answers.TryGetValue(question, out var known)) return known;
        var about = rules.Where(r => r.IsAbout(type, name) && r.IsFor(principal, host) && r.Covers(operation)).ToList();
        var may = about.Count > 0 && about.TrueForAll(r => r.Permission == AclPermission.Allow);
        if (answers.Count >= MostRemembered) answers.Clear();
        answers[question] = may;
        return may;
    }

    /// <summary>Whether there is anything of a kind that the principal may do it with.</summary>
    internal bool MayAny(string principal, string host, AclOperation operation, ResourceType type) =>
        rules.Any(r => r.Type == type && r.Permission == AclPermission.Allow && r.IsFor(principal, host) && r.Covers(operation)
            && !rules.Any(d => d.Permission == AclPermission.Deny && d.Type == type && d.IsFor(principal, host) && d.Covers(operation) && d is { Pattern: PatternType.Literal, Name: AclRule.AnyName }));
}

using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyDictionary<int, long>> RecordPlacesAsync(string watch, string topic, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyDictionary<int, long>>(async session => await PlacesAsync(session, watch, topic).ConfigureAwait(false), cancellation);

    public Task<bool> TakeRecordsAsync(RecordTake take, CancellationToken cancellation) => WriteAsync(async session =>
    {
        // Two that read the same topic for the same Dag: the second finds the place moved.
        await session.LockAsync($"records of {take.Topic} for {take.Watch}").ConfigureAwait(false);
        var places = await PlacesAsync(session, take.Watch, take.Topic).ConfigureAwait(false);
        if (take.Steps.Any(step => step.From != (places.TryGetValue(step.Partition, out var at) ? at : null)))
            return false;
        await session.ExecuteManyAsync("""
            insert into record_places (watch, topic, partition, next_offset) values ($1, $2, $3, $4)
            on conflict (watch, topic, partition) do update set next_offset = excluded.next_offset
            """, [.. take.Steps.Select(step => new object?[] { take.Watch, take.Topic, step.Partition, step.To })]).ConfigureAwait(false);
        if (take.Asset is { } asset) await RecordAsync(session, asset, take.At).ConfigureAwait(false);
        // A topic that was made anew begins at the old offsets again, whose keys are taken.
        if (take.Run is { } run && await InsertRunAsync(session, run).ConfigureAwait(false) == 0)
            await InsertRunAsync(session, run with { Key = $"{run.Key}__{run.Id}" }).ConfigureAwait(false);
        return true;
    }, cancellation);

    static async Task<Dictionary<int, long>> PlacesAsync(Session session, string watch, string topic) =>
        (await session.QueryAsync("select partition, next_offset from record_places where watch = $1 and topic = $2", r => ((int)r.Long(0), r.Long(1)), watch, topic).ConfigureAwait(false))
            .ToDictionary(p => p.Item1, p => p.Item2);
}

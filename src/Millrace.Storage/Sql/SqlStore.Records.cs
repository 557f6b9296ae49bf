using Millrace.Metadata;

namespace Millrace.Storage.Sql;

abstract partial class SqlStore
{
    public Task<IReadOnlyList<RecordPlace>> RecordPlacesAsync(string watch, string topic, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<RecordPlace>>(async session => await PlacesAsync(session, watch, topic).ConfigureAwait(false), cancellation);

    public Task<bool> TakeRecordsAsync(RecordTake take, CancellationToken cancellation) => WriteAsync(async session =>
    {
        // Two that read the same topic for the same Dag: the second finds the place moved.
        await session.LockAsync($"records of {take.Topic} for {take.Watch}").ConfigureAwait(false);
        var places = await PlacesAsync(session, take.Watch, take.Topic).ConfigureAwait(false);
        // A place in a topic that was deleted is none in the one of now.
        if (take.Steps.Any(step => step.From != places.Find(p => p.Partition == step.Partition && p.TopicId == take.TopicId)?.Next))
            return false;
        await session.ExecuteManyAsync("""
            insert into record_places (watch, topic, partition, topic_id, next_offset) values ($1, $2, $3, $4, $5)
            on conflict (watch, topic, partition) do update set topic_id = excluded.topic_id, next_offset = excluded.next_offset
            """, [.. take.Steps.Select(step => new object?[] { take.Watch, take.Topic, step.Partition, take.TopicId, step.To })]).ConfigureAwait(false);
        if (take.Asset is { } asset) await RecordAsync(session, asset, take.At).ConfigureAwait(false);
        // A topic that was made anew begins at the old offsets again, whose keys are taken.
        if (take.Run is { } run && await InsertRunAsync(session, run).ConfigureAwait(false) == 0)
            await InsertRunAsync(session, run with { Key = $"{run.Key}__{run.Id}" }).ConfigureAwait(false);
        return true;
    }, cancellation);

    static Task<List<RecordPlace>> PlacesAsync(Session session, string watch, string topic) =>
        session.QueryAsync("select topic_id, partition, next_offset from record_places where watch = $1 and topic = $2 order by partition", r => new RecordPlace(r.Guid(0), (int)r.Long(1), r.Long(2)), watch, topic);
}

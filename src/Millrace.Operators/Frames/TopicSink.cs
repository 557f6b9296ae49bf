using System.Globalization;
using Millrace.Data;
using Millrace.Kafka;

namespace Millrace.Operators;

/// <summary>Writes rows as records, all in one transaction: what a sink was given is not to be seen before it is committed.</summary>
sealed class TopicSink(KafkaOptions kafka, string topic, string? key, TopicValues values) : ISink
{
    // Brokers allow no longer ones unless they are set to.
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public string Kind => SourceKinds.Topic;

    public async Task<ISinkWriter> OpenAsync(Schema schema, RunContext context, CancellationToken cancel)
    {
        var keyColumn = key is null ? -1 : schema.IndexOf(key);
        var columns = TopicSchema.Of(schema).Values;
        var encoder = values.Encode(topic, columns, keyColumn < 0 || !columns.Contains(schema[keyColumn].Name) ? null : schema[keyColumn].Name);
        var client = new KafkaClient(kafka);
        var producer = client.CreateProducer<string?, ReadOnlyMemory<byte>?>(
            new ProducerOptions { TransactionalId = $"millrace/frame/{Guid.NewGuid():N}", TransactionTimeout = Longest }, values: OptionalBytes.Format);
        try
        {
            return new Writer(client, producer, await producer.BeginTransactionAsync(cancel).ConfigureAwait(false), topic, encoder, columns, keyColumn);
        }
        catch
        {
            encoder.Dispose();
            await producer.DisposeAsync().ConfigureAwait(false);
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    sealed class Writer(KafkaClient client, Producer<string?, ReadOnlyMemory<byte>?> producer, Transaction transaction, string topic, ValueEncoder encoder, Schema columns, int key) : ISinkWriter
    {
        long rows, bytes;

        public async ValueTask WriteAsync(Batch batch, CancellationToken cancel)
        {
            using (batch)
            {
                encoder.Begin(batch);
                Column[] cells = [.. columns.Select(f => batch[f.Name])];
                for (var row = 0; row < batch.Count; row++)
                {
                    var text = key < 0 ? null : Convert.ToString(batch[key].ValueAt(row), CultureInfo.InvariantCulture);
                    // With a key and nothing else, it is what was read of a record without a value: it deletes the key in a compacted topic.
                    var value = text is not null && IsEmpty(cells, row) ? null : encoder.Encode(row);
                    await producer.EnqueueAsync(topic, text, value, cancel).ConfigureAwait(false);
                    rows++;
                    bytes += value?.Length ?? 0;
                }
            }
        }

        static bool IsEmpty(Column[] cells, int row)
        {
            foreach (var cell in cells)
            {
                if (!cell.IsNull(row)) return false;
            }
            return true;
        }

        public async Task<SinkReport> CommitAsync(CancellationToken cancel)
        {
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return new SinkReport(rows, bytes);
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            await producer.DisposeAsync().ConfigureAwait(false);
            await client.DisposeAsync().ConfigureAwait(false);
            encoder.Dispose();
        }
    }
}

using System.Globalization;
using Millrace.Plans;
using SQLitePCL;

namespace Millrace.Data;

/// <summary>Binds one column's values to a parameter of an insert.</summary>
abstract class SqliteBinder(SqliteStatement insert, int parameter)
{
    internal static SqliteBinder For(Field field, SqliteStatement insert, int parameter) => field.Type switch
    {
        DecimalType d => new Fixed<Int128>(insert, parameter, (s, p, v) => raw.sqlite3_bind_text(s, p, ExactDecimal.Of(v, d.Scale))),
        _ => field.Type.Kind switch
        {
            TypeKind.Boolean or TypeKind.Null => new Fixed<bool>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_int64(s, p, v ? 1 : 0)),
            TypeKind.Int16 => new Fixed<short>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_int64(s, p, v)),
            TypeKind.Int32 => new Fixed<int>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_int64(s, p, v)),
            TypeKind.Int64 or TypeKind.Duration => new Fixed<long>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_int64(s, p, v)),
            TypeKind.Float32 => new Fixed<float>(insert, parameter, (s, p, v) => raw.sqlite3_bind_double(s, p, Known(v, field))),
            TypeKind.Float64 => new Fixed<double>(insert, parameter, (s, p, v) => raw.sqlite3_bind_double(s, p, Known(v, field))),
            TypeKind.Date => new Fixed<int>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_text(s, p, ClrValue.Epoch.AddDays(v).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))),
            TypeKind.Time => new Fixed<long>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_text(s, p, new TimeOnly(v * TimeSpan.TicksPerMicrosecond).ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture))),
            TypeKind.Timestamp => new Fixed<long>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_text(s, p, Moment(v))),
            TypeKind.Instant => new Fixed<long>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_text(s, p, Moment(v) + "Z")),
            TypeKind.Uuid => new Fixed<Guid>(insert, parameter, static (s, p, v) => raw.sqlite3_bind_text(s, p, v.ToString())),
            TypeKind.Text or TypeKind.Enum => new Bytes(insert, parameter, isText: true),
            TypeKind.Binary => new Bytes(insert, parameter, isText: false),
            _ => new Json(insert, parameter),
        },
    };

    internal abstract void Begin(Column column);

    internal abstract void Bind(int row);

    private protected void Null() => insert.Bound(raw.sqlite3_bind_null(insert.Handle, parameter));

    // Always six digits behind the point, so that text sorts as time does.
    internal static string Moment(long microseconds) => ClrValue.DateTimeOf(microseconds).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    static double Known(double value, Field field) => double.IsNaN(value)
        ? throw new DatabaseException($"Column '{field.Name}' holds NaN, which SQLite would keep as null. Make it null before the load, or replace it.")
        : value;

    sealed class Fixed<T>(SqliteStatement insert, int parameter, Func<sqlite3_stmt, int, T, int> bind) : SqliteBinder(insert, parameter) where T : unmanaged
    {
        readonly SqliteStatement insert = insert;
        readonly int parameter = parameter;
        Column<T> column = null!;

        internal override void Begin(Column column) => this.column = (Column<T>)column;

        internal override void Bind(int row)
        {
            if (column.IsNull(row)) Null();
            else insert.Bound(bind(insert.Handle, parameter, column.Values[row]));
        }
    }

    sealed class Bytes(SqliteStatement insert, int parameter, bool isText) : SqliteBinder(insert, parameter)
    {
        readonly SqliteStatement insert = insert;
        readonly int parameter = parameter;
        BytesColumn column = null!;

        internal override void Begin(Column column) => this.column = (BytesColumn)column;

        internal override void Bind(int row)
        {
            if (column.IsNull(row))
            {
                Null();
                return;
            }
            var value = column[row];
            // An empty span has no address, and SQLite takes no address for null.
            insert.Bound((value.Length, isText) switch
            {
                (0, true) => raw.sqlite3_bind_text(insert.Handle, parameter, ""),
                (0, false) => raw.sqlite3_bind_zeroblob(insert.Handle, parameter, 0),
                (_, true) => raw.sqlite3_bind_text(insert.Handle, parameter, value),
                _ => raw.sqlite3_bind_blob(insert.Handle, parameter, value),
            });
        }
    }

    sealed class Json(SqliteStatement insert, int parameter) : SqliteBinder(insert, parameter)
    {
        readonly SqliteStatement insert = insert;
        readonly int parameter = parameter;
        Column column = null!;

        internal override void Begin(Column column) => this.column = column;

        internal override void Bind(int row)
        {
            if (column.IsNull(row)) Null();
            else insert.Bound(raw.sqlite3_bind_text(insert.Handle, parameter, (ReadOnlySpan<byte>)ValueJson.Utf8(column.ValueAt(row))));
        }
    }
}

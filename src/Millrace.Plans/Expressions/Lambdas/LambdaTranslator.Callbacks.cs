using System.Linq.Expressions;

namespace Millrace.Plans;

sealed partial class LambdaTranslator
{
    /// <summary>The part of the lambda as a delegate over the columns it uses; null where its result is no column, or it uses what is none.</summary>
    CallbackExpr? Callback(Expression node)
    {
        var returned = Bare(node.Type);
        if (node.Type == typeof(void) || node.Type.IsByRefLike || RecordSchema.TypeOf(node.Type) is not { } type) return null;
        var leaves = new LeafReplacer(this);
        var body = leaves.Visit(node);
        if (leaves.IsStuck) return null;

        // What columns hold, as executors hand it over: names for enums and single characters.
        if (returned.IsEnum || returned == typeof(char)) body = AsNullableText(body);
        else if (type.IsNested && type.Kind == TypeKind.Struct) return null;
        var parameters = leaves.Parameters;
        var seesNulls = leaves.Leaves.Any(l => l.MayBeNull);
        if (seesNulls && leaves.Leaves.Any(l => !l.MayBeNull)) body = NullWhereMissing(body, leaves.Leaves, parameters);
        var nullable = !body.Type.IsValueType || Nullable.GetUnderlyingType(body.Type) is not null;
        var compiled = Expression.Lambda(body, parameters).Compile();
        return new CallbackExpr(new Callback(LambdaText.Of(node), compiled, type, nullable, seesNulls), [.. leaves.Leaves.Select(l => l.Value)]);
    }

    static Expression AsNullableText(Expression body)
    {
        if (Nullable.GetUnderlyingType(body.Type) is null) return Expression.Call(body, nameof(ToString), null);
        var held = Expression.Variable(body.Type);
        return Expression.Block([held], Expression.Assign(held, body), Expression.Condition(Expression.Property(held, "HasValue"),
            Expression.Call(Expression.Property(held, "Value"), nameof(ToString), null), Expression.Constant(null, typeof(string))));
    }

    // Some of the parts may be null in C# and some not: where one of the latter is null after all, so is the result.
    static BlockExpression NullWhereMissing(Expression body, IReadOnlyList<Leaf> leaves, ParameterExpression[] parameters)
    {
        var type = body.Type.IsValueType && Nullable.GetUnderlyingType(body.Type) is null ? typeof(Nullable<>).MakeGenericType(body.Type) : body.Type;
        var copies = new List<ParameterExpression>();
        var fill = new List<Expression>();
        Expression missing = Expression.Constant(false);
        for (var i = 0; i < leaves.Count; i++)
        {
            if (leaves[i].MayBeNull) continue;
            var given = parameters[i];
            missing = Expression.OrElse(missing, Expression.Equal(
                given.Type.IsValueType ? parameters[i] = Expression.Parameter(typeof(Nullable<>).MakeGenericType(given.Type), given.Name) : given, Expression.Constant(null)));
            if (parameters[i] == given) continue;
            copies.Add(given);
            fill.Add(Expression.Assign(given, Expression.Call(parameters[i], nameof(Nullable<>.GetValueOrDefault), null)));
        }
        return Expression.Block(copies, [.. fill, Expression.Condition(missing, Expression.Default(type), body.Type == type ? body : Expression.Convert(body, type))]);
    }

    /// <summary>A value of a row that a callback is given.</summary>
    sealed record Leaf(Expr Value, bool MayBeNull);

    /// <summary>Puts parameters in the place of columns, keys and aggregates.</summary>
    sealed class LeafReplacer(LambdaTranslator translator) : ExpressionVisitor
    {
        readonly Dictionary<Expr, Expression> given = [];
        readonly List<ParameterExpression> parameters = [];
        readonly List<Leaf> leaves = [];

        /// <summary>True where something of the lambda's parameters is neither.</summary>
        internal bool IsStuck { get; private set; }
        internal ParameterExpression[] Parameters => [.. parameters];
        internal IReadOnlyList<Leaf> Leaves => leaves;

        protected override Expression VisitMember(MemberExpression node) =>
            translator.Column(node) is { } column ? Replace(column, node.Type, MayBeNull(node)) : base.VisitMember(node);

        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            if (Root(node) is { } root && translator.scopes.GetValueOrDefault(root) is GroupScope or WindowScope)
                return translator.Method(node) is { } value ? Replace(value, node.Type, !node.Type.IsValueType || Nullable.GetUnderlyingType(node.Type) is not null) : Stuck(node);
            return base.VisitMethodCall(node);
        }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            switch (translator.scopes.GetValueOrDefault(node))
            {
                case null: return node;
                case RowScope { Single: { } single }: return Replace(single, node.Type, !node.Type.IsValueType || Nullable.GetUnderlyingType(node.Type) is not null);
                case RowScope row: return Rebuilt(node, row);
                default: return Stuck(node);
            }
        }

        // The whole row goes into the callback: it is made again from all its columns.
        Expression Rebuilt(ParameterExpression node, RowScope row)
        {
            var shape = RowShape.Of(row.Type);
            var arguments = shape.Constructor?.GetParameters().Select(p => Visit(Expression.Property(node, shape.Members.First(m => m.Parameter?.Name == p.Name).Property)));
            var made = shape.Constructor is null ? Expression.New(row.Type) : Expression.New(shape.Constructor, arguments!);
            var rest = shape.Members.Where(m => m.Parameter is null && row.Column(m.Property) is not null).ToList();
            return rest.Count == 0 ? made : Expression.MemberInit(made, rest.Select(m => Expression.Bind(m.Property, Visit(Expression.Property(node, m.Property)))));
        }

        Expression Replace(Expr value, Type type, bool mayBeNull)
        {
            if (given.TryGetValue(value, out var known) && known.Type == type) return known;
            var bare = Bare(type);
            var held = HeldAs(bare);
            if (held is null) return Stuck(Expression.Default(type));
            var parameter = Expression.Parameter(mayBeNull && held.IsValueType ? typeof(Nullable<>).MakeGenericType(held) : held, value is ColumnExpr column ? column.Name : $"value{parameters.Count}");
            parameters.Add(parameter);
            leaves.Add(new Leaf(value, mayBeNull));
            var read = parameter.Type == type ? parameter : held == bare ? Expression.Convert(parameter, type) : Spelled(parameter, type, bare);
            return given[value] = read;
        }

        Expression Stuck(Expression node)
        {
            IsStuck = true;
            return node;
        }

        static bool MayBeNull(MemberExpression node) => node.Member is System.Reflection.PropertyInfo property && node.Expression is not MemberExpression { Member.Name: "Key" }
            ? RecordSchema.FieldOf(property).Nullable
            : !node.Type.IsValueType || Nullable.GetUnderlyingType(node.Type) is not null;

        static ParameterExpression? Root(Expression? node) => node switch
        {
            ParameterExpression parameter => parameter,
            MethodCallExpression { Object: { } of } => Root(of),
            _ => null,
        };

        /// <summary>The .NET type in which executors hand a column over; null for types that they don't.</summary>
        static Type? HeldAs(Type bare)
        {
            if (bare.IsEnum || bare == typeof(char)) return typeof(string);
            if (bare == typeof(byte) || bare == typeof(sbyte)) return typeof(short);
            if (bare == typeof(ushort)) return typeof(int);
            if (bare == typeof(uint)) return typeof(long);
            if (bare == typeof(ulong)) return typeof(decimal);
            return RecordSchema.TypeOf(bare) switch
            {
                null => null,
                { Kind: TypeKind.List } => typeof(List<object?>),
                { IsNested: true } => null,
                _ => bare,
            };
        }

        static Expression Spelled(ParameterExpression parameter, Type type, Type bare)
        {
            if (parameter.Type == typeof(List<object?>)) return CallbackValues.ListOf(parameter, type);
            if (parameter.Type != typeof(string)) return Expression.Convert(parameter, type);
            var method = typeof(CallbackValues).GetMethod(bare.IsEnum ? nameof(CallbackValues.EnumOf) : nameof(CallbackValues.CharOf), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!;
            var value = Expression.Call(bare.IsEnum ? method.MakeGenericMethod(bare) : method, parameter);
            return bare == type ? value : Expression.Condition(Expression.Equal(parameter, Expression.Constant(null, typeof(string))), Expression.Default(type), Expression.Convert(value, type));
        }
    }
}

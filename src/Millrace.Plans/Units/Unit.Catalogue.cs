namespace Millrace.Plans;

public sealed partial record Unit
{
    /// <summary>The units there are.</summary>
    public static IReadOnlyList<Unit> All { get; } =
    [
        new("metre", "m", "length", 1),
        new("millimetre", "mm", "length", 1, 1_000),
        new("centimetre", "cm", "length", 1, 100),
        new("kilometre", "km", "length", 1_000),
        new("inch", "in", "length", 0.0254m),
        new("foot", "ft", "length", 0.3048m),
        new("yard", "yd", "length", 0.9144m),
        new("mile", "mi", "length", 1_609.344m),
        new("nautical mile", "nmi", "length", 1_852),

        new("square metre", "m2", "area", 1),
        new("square kilometre", "km2", "area", 1_000_000),
        new("hectare", "ha", "area", 10_000),
        new("square foot", "ft2", "area", 0.09290304m),
        new("acre", "ac", "area", 4_046.8564224m),

        new("kilogram", "kg", "mass", 1),
        new("milligram", "mg", "mass", 1, 1_000_000),
        new("gram", "g", "mass", 1, 1_000),
        new("tonne", "t", "mass", 1_000),
        new("ounce", "oz", "mass", 0.028349523125m),
        new("pound", "lb", "mass", 0.45359237m),
        new("stone", "st", "mass", 6.35029318m),
        new("short ton", "ton", "mass", 907.18474m),

        new("kelvin", "K", "temperature", 1),
        new("celsius", "C", "temperature", 1, 1, 273.15m),
        new("fahrenheit", "F", "temperature", 5, 9, 459.67m),

        new("litre", "l", "volume", 1),
        new("millilitre", "ml", "volume", 1, 1_000),
        new("cubic metre", "m3", "volume", 1_000),
        new("gallon", "gal", "volume", 3.785411784m),
        new("quart", "qt", "volume", 0.946352946m),
        new("pint", "pt", "volume", 0.473176473m),
        new("fluid ounce", "floz", "volume", 0.0295735295625m),
        new("imperial gallon", "impgal", "volume", 4.54609m),
        new("barrel", "bbl", "volume", 158.987294928m),

        new("metre per second", "m/s", "speed", 1),
        new("kilometre per hour", "km/h", "speed", 5, 18),
        new("mile per hour", "mph", "speed", 0.44704m),
        new("knot", "kn", "speed", 1_852, 3_600),
        new("foot per second", "ft/s", "speed", 0.3048m),

        new("byte", "B", "data size", 1),
        new("bit", "bit", "data size", 1, 8),
        new("kilobyte", "kB", "data size", 1_000),
        new("megabyte", "MB", "data size", 1_000_000),
        new("gigabyte", "GB", "data size", 1_000_000_000),
        new("terabyte", "TB", "data size", 1_000_000_000_000),
        new("kibibyte", "KiB", "data size", 1_024),
        new("mebibyte", "MiB", "data size", 1_048_576),
        new("gibibyte", "GiB", "data size", 1_073_741_824),
        new("tebibyte", "TiB", "data size", 1_099_511_627_776),

        new("second", "s", "time", 1),
        new("microsecond", "us", "time", 1, 1_000_000),
        new("millisecond", "ms", "time", 1, 1_000),
        new("minute", "min", "time", 60),
        new("hour", "h", "time", 3_600),
        new("day", "d", "time", 86_400),
        new("week", "wk", "time", 604_800),

        new("joule", "J", "energy", 1),
        new("kilojoule", "kJ", "energy", 1_000),
        new("megajoule", "MJ", "energy", 1_000_000),
        new("watt hour", "Wh", "energy", 3_600),
        new("kilowatt hour", "kWh", "energy", 3_600_000),
        new("calorie", "cal", "energy", 4.184m),
        new("kilocalorie", "kcal", "energy", 4_184),

        new("watt", "W", "power", 1),
        new("kilowatt", "kW", "power", 1_000),
        new("megawatt", "MW", "power", 1_000_000),
        new("metric horsepower", "PS", "power", 735.49875m),
        new("horsepower", "hp", "power", 745.69987158227022m),

        new("pascal", "Pa", "pressure", 1),
        new("hectopascal", "hPa", "pressure", 100),
        new("kilopascal", "kPa", "pressure", 1_000),
        new("bar", "bar", "pressure", 100_000),
        new("atmosphere", "atm", "pressure", 101_325),
        new("torr", "Torr", "pressure", 101_325, 760),
        new("pound per square inch", "psi", "pressure", 4.4482216152605m, 0.00064516m),

        new("degree", "deg", "angle", 1),
        new("turn", "turn", "angle", 360),
        new("gradian", "gon", "angle", 9, 10),
    ];
}

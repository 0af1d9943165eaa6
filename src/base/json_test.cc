#include "base/json.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

TEST(ParseJson, BuildsEveryKindOfValue) {
  const auto value = parse_json(R"( {"a":[1,-2,18446744073709551615,0.5,true,null,"é\n"],"b":{}} )");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, (json::value{{"a", {1, -2, 18446744073709551615U, 0.5, true, nullptr, "\xc3\xa9\n"}},
                                 {"b", json::object{}}}));
}

struct BadJson {
  std::string_view text;
  std::string_view message;
};

TEST(ParseJson, NamesThePlaceOfWhatItRefuses) {
  const BadJson cases[] = {
      {R"({"a":1,"a":2})", "the key \"a\" appears twice"},
      {R"({"x":{"a":1,"b":{"a":1},"a":2}})", "the key \"a\" appears twice"},
      {R"({"a":1,"\u0061":2})", "the key \"a\" appears twice"},
      {R"([1,])", "offset 3"},
      {R"([1] 2)", "offset 4"},
      {"", "offset 0"},
      {"{", "offset 1"},
      {"\"\xff\"", "offset 1"},
      {"\"\\ud800\"", "offset"},
      {"1e999", "JSON"},
      {"// comment\n1", "offset 0"},
      {"NaN", "offset 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto parsed = parse_json(c.text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::Invalid);
    EXPECT_NE(parsed.error().message.find(c.message), std::string::npos) << parsed.error().message;
  }
}

TEST(ParseJson, AllowsEqualKeysInDifferentObjects) {
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":{"a":2}}])"));
}

TEST(ParseJson, KeepsItsLimits) {
  EXPECT_EQ(parse_json("[1]", 2).error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(parse_json("[[[1]]]", 100, 3));
  EXPECT_EQ(parse_json("[[[[1]]]]", 100, 3).error().code, ErrorCode::TooLarge);
  EXPECT_FALSE(parse_json(std::string(1 << 19, '[')));
}

TEST(Members, AreTypedAndNamed) {
  const json::object object{{"s", "text"}, {"i", 7}, {"b", true}, {"o", json::object{}}, {"a", json::array{}}};
  EXPECT_EQ(get_string(object, "s").value(), "text");
  EXPECT_EQ(get_int(object, "i").value(), 7);
  EXPECT_TRUE(get_bool(object, "b").value());
  EXPECT_TRUE(get_object(object, "o").value()->empty());
  EXPECT_TRUE(get_array(object, "a").value()->empty());
  EXPECT_EQ(find(object, "x"), nullptr);
  EXPECT_EQ(get_string(object, "x").error().message, "/x: missing, must be a string");
  EXPECT_EQ(get_int(object, "s").error().message, "/s: must be an integer");
  EXPECT_EQ(get_bool(object, "s").error().message, "/s: must be true or false");
}

TEST(CanonicalJson, SortsKeysAndWritesNoSpace) {
  const auto value =
      parse_json("{ \"b\" : [1, true, null, \"\\u000f\\n\\\"\"], \"a\" : { \"z\":-1, \"y\":\"\\u20ac\" } }");
  ASSERT_TRUE(value);
  EXPECT_EQ(canonical_json(*value), "{\"a\":{\"y\":\"\xe2\x82\xac\",\"z\":-1},\"b\":[1,true,null,\"\\u000f\\n\\\"\"]}");
}

TEST(CanonicalJson, IsItsOwnCanonicalForm) {
  for (const std::string_view text : {"734000000000000003414706315009081211", "0.1", "1e308", "5e-324", "1e-400",
                                      "-0.0", "123456789012345678901234567890"}) {
    SCOPED_TRACE(text);
    const std::string once = canonical_json(parse_json(text).value());
    EXPECT_EQ(canonical_json(parse_json(once).value()), once);
  }
}

TEST(CanonicalJson, SortsByUtf16AsRfc8785Says) {
  // The keys of RFC 8785 §3.2.3, in its order.
  const json::object object{{"\xe2\x82\xac", 1},     {"\r", 2},       {"\xef\xac\xb3", 3}, {"1", 4},
                            {"\xf0\x9f\x98\x80", 5}, {"\xc2\x80", 6}, {"\xc3\xb6", 7}};
  EXPECT_EQ(
      canonical_json(object),
      "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

}  // namespace
}  // namespace warder

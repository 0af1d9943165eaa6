#include "manager/api/schema.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager {
namespace {

/// "pointer code" of each error, in order.
std::vector<std::string> errors(std::string_view schema, std::string_view value) {
  SchemaSet set;
  EXPECT_TRUE(set.add_components(
      parse_json(R"({"Node":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/Node"}},
      "additionalProperties":false}})")
          ->as_object()));
  const Schema* compiled = set.compile(parse_json(schema).value(), "test").value();
  std::vector<std::string> found;
  for (const SchemaError& error : check(*compiled, parse_json(value).value())) {
    found.push_back(error.pointer + " " + error.code);
  }
  return found;
}

TEST(Schema, ChecksEachKeyword) {
  struct Case {
    const char* schema;
    const char* value;
    std::vector<std::string> errors;
  };
  const Case cases[] = {
      {R"({"type":"string"})", "5", {" type"}},
      {R"({"type":["string","null"]})", "null", {}},
      {R"({"type":"integer"})", "5.0", {}},
      {R"({"type":"integer"})", "5.5", {" type"}},
      {R"({"type":"number"})", "5", {}},
      {R"({"type":"boolean"})", "0", {" type"}},
      {R"({"enum":["a",1]})", "1", {}},
      {R"({"enum":["a",1]})", "\"b\"", {" enum"}},
      {R"({"type":"string","minLength":2,"maxLength":3})", R"("日本")", {}},
      {R"({"type":"string","minLength":2})", R"("日")", {" length"}},
      {R"({"type":"string","maxLength":1})", R"("ab")", {" length"}},
      {R"({"type":"string","pattern":"^a+$"})", R"("b")", {" pattern"}},
      {R"({"type":"string","format":"uuid"})", R"("x")", {" format"}},
      {R"({"type":"string","format":"uuid"})", R"("0190a0a0-0000-7000-8000-000000000001")", {}},
      {R"({"type":"string","format":"date-time"})", R"("2026-01-01")", {" format"}},
      {R"({"type":"string","format":"date-time"})", R"("2026-01-01T00:00:00Z")", {}},
      {R"({"type":"integer","minimum":1,"maximum":3})", "0", {" range"}},
      {R"({"type":"integer","minimum":1,"maximum":3})", "4", {" range"}},
      {R"({"type":"integer","minimum":1,"maximum":3})", "18446744073709551615", {" range"}},
      {R"({"type":"array","minItems":1})", "[]", {" length"}},
      {R"({"type":"array","maxItems":1})", "[1,2]", {" length"}},
      {R"({"type":"array","items":{"type":"string"}})", R"(["a",1,true])", {"/1 type", "/2 type"}},
      {R"({"type":"object","required":["a"]})", "{}", {"/a required"}},
      {R"({"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false})",
       R"({"a":1,"b":2})",
       {"/a type", "/b unknown"}},
      {R"({"type":"object","additionalProperties":{"type":"integer"}})", R"({"a~/b":"x"})", {"/a~0~1b type"}},
      {R"({"anyOf":[{"type":"string","maxLength":1},{"type":"null"}]})", "null", {}},
      {R"({"anyOf":[{"type":"string","maxLength":1},{"type":"null"}]})", R"("ab")", {" length"}},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "5", {" type"}},
      {R"({"$ref":"#/components/schemas/Node"})", R"({"next":{"next":{"other":1}}})", {"/next/next/other unknown"}},
      {"{}", "[1,{}]", {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.schema) + " " + c.value);
    EXPECT_EQ(errors(c.schema, c.value), c.errors);
  }
}

TEST(Schema, StopsAtEnoughErrors) {
  SchemaSet set;
  const Schema* schema = set.compile(parse_json(R"({"type":"array","items":{"type":"string"}})").value(), "t").value();
  json::array many(1000, json::value(1));
  EXPECT_EQ(check(*schema, many).size(), 20U);
}

TEST(Schema, ReadsParametersByTheirType) {
  SchemaSet set;
  const auto compile = [&](const char* text) { return set.compile(parse_json(text).value(), "t").value(); };
  EXPECT_EQ(parameter_value(*compile(R"({"type":"integer"})"), "5"), json::value(5));
  EXPECT_EQ(parameter_value(*compile(R"({"type":"integer"})"), "5x"), json::value("5x"));
  EXPECT_EQ(parameter_value(*compile(R"({"type":"boolean"})"), "true"), json::value(true));
  EXPECT_EQ(parameter_value(*compile(R"({"type":"string"})"), "5"), json::value("5"));
}

}  // namespace
}  // namespace warder::manager

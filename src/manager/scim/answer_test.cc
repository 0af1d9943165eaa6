#include "manager/scim/answer.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager::scim {
namespace {

json::object document(std::string_view text) {
  return parse_json(text).value().as_object();
}

TEST(ScimAttributes, AreNormalAfterwards) {
  const json::object given = document(R"({"schemas":["x"],"ID":"7","USERNAME":"a","Active":"TRUE","displayName":null,
    "name":{"FamilyName":"F","shoe":"42","honorificPrefix":"Dr."},"emails":["x@e.org",{"Value":"y@e.org","primary":"True"},
    {"value":"z@e.org","primary":true},{}],"phoneNumbers":[],"title":"Boss","shoeSize":42,"groups":[{"value":"1"}]})");
  EXPECT_EQ(normalize(user_kind(), given).value(), document(R"({"userName":"a","active":true,"name":{"familyName":"F"},
    "emails":[{"value":"x@e.org"},{"value":"y@e.org","primary":false},{"value":"z@e.org","primary":true}]})"));
  EXPECT_EQ(type_of(normalize(user_kind(), document(R"({"userName":"a","username":"b"})")).error()), "invalidSyntax");
  for (const char* wrong : {R"({"userName":5})", R"({"active":"x"})", R"({"name":"x"})", R"({"emails":[5]})",
                            R"({"emails":[{"primary":"x"}]})", R"({"displayName":["a"]})"})
    EXPECT_EQ(type_of(normalize(user_kind(), document(wrong)).error()), "invalidValue") << wrong;
  EXPECT_FALSE(normalize(user_kind(), {{"userName", std::string(2000, 'a')}}));
  EXPECT_FALSE(normalize(user_kind(), {{"emails", json::array(200, "x@e.org")}}));
  EXPECT_FALSE(check_whole(user_kind(), {}));
  EXPECT_FALSE(check_whole(group_kind(), document(R"({"displayName":" "})")));
}

TEST(ScimAnswer, ShowsWhatWasAskedFor) {
  const json::object anna =
      document(R"({"schemas":["s"],"id":"1","userName":"a","name":{"familyName":"F","givenName":"G"},
    "emails":[{"value":"x@e.org","type":"work"}],"meta":{"version":"1"}})");
  const auto shown = [&](const char* only, const char* without) {
    return canonical_json(select(user_kind(), anna, parse_selection(only, without).value()));
  };
  EXPECT_EQ(shown("", ""), canonical_json(anna));
  EXPECT_EQ(shown("USERNAME, name.familyName", ""),
            canonical_json(document(R"({"schemas":["s"],"id":"1","userName":"a","name":{"familyName":"F"}})")));
  EXPECT_EQ(shown("urn:ietf:params:scim:schemas:core:2.0:User:emails.type", ""),
            canonical_json(document(R"({"schemas":["s"],"id":"1","emails":[{"type":"work"}]})")));
  EXPECT_EQ(shown("", "id,name.givenName,emails,meta"),
            canonical_json(document(R"({"schemas":["s"],"id":"1","userName":"a","name":{"familyName":"F"}})")));
  EXPECT_EQ(shown("shoeSize", ""), canonical_json(document(R"({"schemas":["s"],"id":"1"})")));
  EXPECT_FALSE(parse_selection("a", "b"));
  EXPECT_FALSE(parse_selection("a b", ""));
}

TEST(ScimAnswer, SortsByTheFirstOrThePrimaryValue) {
  std::vector<json::object> people;
  for (const char* text : {R"({"userName":"b","emails":[{"value":"z@e.org"},{"value":"a@e.org","primary":true}]})",
                           R"({"userName":"A","emails":[{"value":"m@e.org"}]})", R"({"userName":"c"})"})
    people.push_back(document(text));
  const auto order = [&](const char* by, bool is_descending) {
    Query query;
    query.sort_by = parse_attribute(by).value();
    query.is_descending = is_descending;
    std::string names;
    for (const std::size_t i : choose(user_kind(), query, people)) names += people[i].at("userName").as_string();
    return names;
  };
  EXPECT_EQ(order("userName", false), "Abc");
  EXPECT_EQ(order("userName", true), "cbA");
  EXPECT_EQ(order("emails", false), "bAc");
  EXPECT_EQ(order("emails.value", true), "cAb") << "what has none comes first when descending";
  EXPECT_EQ(order("title", false), "bAc") << "nobody has one: as they are";
  EXPECT_FALSE(check_sort(user_kind(), parse_attribute("shoeSize").value()));
  EXPECT_TRUE(check_sort(user_kind(), parse_attribute("name.familyName").value()));
}

TEST(ScimAnswer, DescribesItsSchemas) {
  const json::object schema = schema_document(user_kind(), "https://m/scim/v2");
  bool has_emails = false;
  for (const json::value& attribute : schema.at("attributes").as_array()) {
    const json::object& one = attribute.as_object();
    if (one.at("name") != json::value("emails")) continue;
    has_emails = true;
    EXPECT_TRUE(one.at("multiValued").as_bool());
    EXPECT_EQ(one.at("subAttributes").as_array().size(), 4U);
  }
  EXPECT_TRUE(has_emails);
  EXPECT_EQ(
      error_response(400, "noTarget", "x"),
      document(
          R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"noTarget","detail":"x"})"));
}

}  // namespace
}  // namespace warder::manager::scim

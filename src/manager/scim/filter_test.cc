#include "manager/scim/filter.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager::scim {
namespace {

json::object document(std::string_view text) {
  return parse_json(text).value().as_object();
}

const json::object& anna() {
  static const json::object kAnna = document(R"({
    "id": "2b", "externalId": "Ext-7", "userName": "Anna.Lind@example.org",
    "name": {"familyName": "Lind", "givenName": "Anna"}, "displayName": "Anna Lind", "active": true,
    "emails": [{"value": "anna@work.example", "type": "work", "primary": true},
               {"value": "lind@home.example", "type": "home"}],
    "meta": {"resourceType": "User", "created": "2026-05-04T10:00:00Z", "lastModified": "2026-05-06T10:00:00+02:00"}})");
  return kAnna;
}

bool finds(std::string_view text) {
  const Filter filter = parse_filter(text).value();
  EXPECT_TRUE(check_filter(user_kind(), filter)) << text;
  return matches(user_kind(), filter, anna());
}

TEST(ScimFilter, FindsWhatItSays) {
  for (const char* text : {
           R"(userName eq "anna.lind@EXAMPLE.org")",
           R"(username Eq "anna.lind@example.org")",
           R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "anna")",
           R"(URN:IETF:params:scim:schemas:core:2.0:user:name.familyName eq "lind")",
           R"(name.familyName co "IN")",
           R"(userName ew ".org")",
           R"(externalId eq "Ext-7")",
           R"(title ne "Boss")",
           R"(not (title pr))",
           R"(title eq null)",
           R"(displayName ne null)",
           R"(emails co "home.example")",
           R"(emails.type eq "home")",
           R"(emails[type eq "work" and value co "@work."])",
           R"(emails[not (type eq "home") and primary eq true])",
           R"(emails pr and name pr and name.givenName pr)",
           R"(active eq true)",
           R"(active eq "True")",
           R"(meta.lastModified gt "2026-05-06T07:59:59Z")",
           R"(meta.lastModified le "2026-05-06T08:00:00Z")",
           R"(meta.lastModified eq "2026-05-06T08:00:00Z")",
           R"(userName gt "ann")",
           R"(userName ge "anna.lind@example.org")",
           R"(title pr or active eq false or userName pr)",
           R"(userName pr or title pr and active eq false)",
           R"(displayName eq "Anna Lind")",
           R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq null)",
       })
    EXPECT_TRUE(finds(text)) << text;
  for (const char* text : {
           R"(userName eq "anna")",
           R"(externalId eq "ext-7")",
           R"(externalId co "ext")",
           R"(id eq "2B")",
           R"(title eq "")",
           R"(title sw "")",
           R"(emails[type eq "work" and value co "home"])",
           R"(emails.type eq "other")",
           R"(emails.type ne "work")",
           R"(active eq false)",
           R"(active ne true)",
           R"(not (active eq true))",
           R"((userName pr or title pr) and active eq false)",
           R"(meta.created lt "2026-05-04T10:00:00Z")",
           R"(phoneNumbers pr)",
           R"(phoneNumbers[type eq "work"])",
           R"(name.middleName pr)",
           R"(department eq "IT")",
       })
    EXPECT_FALSE(finds(text)) << text;
}

TEST(ScimFilter, RefusesWhatIsNone) {
  const std::string deep = std::string(20, '(') + "userName pr" + std::string(20, ')');
  std::string wide = "userName pr";
  for (int i = 0; i < 100; ++i) wide += " or userName pr";
  for (const std::string& text : std::vector<std::string>{"",
                                                          "userName",
                                                          "userName eq",
                                                          "userName eq anna",
                                                          R"(userName eq "anna)",
                                                          R"(userName is "anna")",
                                                          R"(userName eq "a" and)",
                                                          R"(userName eq "a" userName pr)",
                                                          R"((userName pr)",
                                                          "userName pr)",
                                                          "not userName pr",
                                                          R"(emails[type eq "work")",
                                                          R"(emails[emails[type pr]])",
                                                          R"(emails[type eq "work"].value eq "x")",
                                                          R"(userName eq {"a":1})",
                                                          "userName eq [1]",
                                                          R"(1name eq "a")",
                                                          R"(name..familyName pr)",
                                                          R"(name.a.b pr)",
                                                          R"(http://x:userName pr)",
                                                          R"(userName eq "\q")",
                                                          "userName eq \"\x01\"",
                                                          deep,
                                                          wide,
                                                          "userName eq \"" + std::string(5000, 'a') + "\""}) {
    const auto parsed = parse_filter(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(type_of(parsed.error()), "invalidFilter") << parsed.error().message;
  }
}

TEST(ScimFilter, RefusesWhatMakesNoSenseForTheAttribute) {
  for (const char* text :
       {R"(shoeSize eq "42")", R"(active gt true)", R"(active eq "maybe")", R"(active co "t")", R"(userName eq 5)",
        R"(userName eq true)", R"(userName gt null)", R"(meta.created gt "yesterday")", R"(name eq "Lind")",
        R"(name.shoe eq "x")", R"(userName.value eq "x")", R"(userName[value eq "x"])", R"(emails[shoe eq "x"])",
        R"(urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "x")"}) {
    const auto checked = check_filter(user_kind(), parse_filter(text).value());
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(type_of(checked.error()), "invalidFilter") << checked.error().message;
  }
}

TEST(ScimFilter, PrintsToWhatParsesToTheSame) {
  for (const char* text : {R"(a eq "x\"y\\z" and (b pr or c.d ne null) or not (e[f gt "2" and (g pr or h pr)]))",
                           "a pr and (b pr and c pr)", "a pr or (b pr or c pr)", "(a pr or b pr) and c pr",
                           R"(urn:x:y.0:z:a.b le 1.5)", "not (not (a pr))", "not pr"}) {
    const Filter filter = parse_filter(text).value();
    EXPECT_EQ(parse_filter(print(filter)).value(), filter) << print(filter);
  }
  EXPECT_EQ(print(parse_filter("(a pr and b pr) or c pr").value()), "a pr and b pr or c pr");
}

TEST(ScimPath, HasAnAttributeAFilterAndAPart) {
  const PatchPath path =
      parse_path(R"(urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value)").value();
  EXPECT_EQ(path.attribute.schema, kUserSchema);
  EXPECT_EQ(path.attribute.name, "emails");
  EXPECT_EQ(path.attribute.part, "value");
  ASSERT_TRUE(path.values);
  EXPECT_EQ(print(*path.values), R"(type eq "work")");
  EXPECT_EQ(parse_path("name.familyName")->attribute.part, "familyName");
  EXPECT_EQ(parse_path(R"(members[value eq "2819"])")->attribute.part, "");
  for (const char* text : {"", "a.", ".a", "a[b pr", "a[b pr]c", "a[b pr].", "a.b[c pr]", "a b", "a[]", "a[b pr]."}) {
    const auto parsed = parse_path(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(type_of(parsed.error()), "invalidPath");
  }
  EXPECT_FALSE(parse_attribute("emails[type pr]"));
}

}  // namespace
}  // namespace warder::manager::scim

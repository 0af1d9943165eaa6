#include "manager/scim/patch.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager::scim {
namespace {

json::object document(std::string_view text) {
  return parse_json(text).value().as_object();
}

json::object operations(std::string_view list) {
  return {{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
          {"Operations", parse_json(list).value()}};
}

struct Case {
  const char* name;
  const char* before;
  const char* patch;
  const char* after;  // as normal as the one before; or the type of the error
};

void check_cases(const Kind& kind, const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const auto patched = apply_patch(kind, document(each.before), operations(each.patch));
    if (each.after[0] != '{') {
      ASSERT_FALSE(patched);
      EXPECT_EQ(type_of(patched.error()), each.after) << patched.error().message;
      continue;
    }
    ASSERT_TRUE(patched) << patched.error().message;
    EXPECT_EQ(canonical_json(*patched), canonical_json(document(each.after)));
  }
}

TEST(ScimPatch, ChangesAttributesOfPeople) {
  check_cases(
      user_kind(),
      {
          {"replace one", R"({"userName":"a","displayName":"A"})",
           R"([{"op":"replace","path":"displayName","value":"B"}])", R"({"userName":"a","displayName":"B"})"},
          {"replace what is not there", R"({"userName":"a"})", R"([{"op":"replace","path":"displayName","value":"B"}])",
           R"({"userName":"a","displayName":"B"})"},
          {"replace by null", R"({"userName":"a","displayName":"A"})",
           R"([{"op":"replace","path":"displayName","value":null}])", R"({"userName":"a"})"},
          {"add null", R"({"userName":"a","displayName":"A"})", R"([{"op":"add","path":"displayName","value":null}])",
           R"({"userName":"a","displayName":"A"})"},
          {"remove", R"({"userName":"a","displayName":"A"})", R"([{"op":"remove","path":"displayName"}])",
           R"({"userName":"a"})"},
          {"remove what is not there", R"({"userName":"a"})", R"([{"op":"remove","path":"displayName"}])",
           R"({"userName":"a"})"},
          {"a part", R"({"userName":"a","name":{"givenName":"G"}})",
           R"([{"op":"add","path":"name.familyName","value":"F"}])",
           R"({"userName":"a","name":{"givenName":"G","familyName":"F"}})"},
          {"the last part goes", R"({"userName":"a","name":{"givenName":"G"}})",
           R"([{"op":"remove","path":"name.givenName"}])", R"({"userName":"a"})"},
          {"parts together, others stay", R"({"userName":"a","name":{"givenName":"G","middleName":"M"}})",
           R"([{"op":"replace","path":"name","value":{"givenName":"H","middleName":null,"familyName":"F"}}])",
           R"({"userName":"a","name":{"givenName":"H","familyName":"F"}})"},
          {"add values", R"({"userName":"a","emails":[{"value":"x@e.org","type":"work","primary":true}]})",
           R"([{"op":"add","path":"emails","value":[{"value":"y@e.org","type":"home","primary":true},{"value":"x@e.org","type":"work"}]}])",
           R"({"userName":"a","emails":[{"value":"x@e.org","type":"work","primary":false},{"value":"y@e.org","type":"home","primary":true}]})"},
          {"replace all values", R"({"userName":"a","emails":[{"value":"x@e.org"}]})",
           R"([{"op":"replace","path":"emails","value":[{"value":"y@e.org"}]}])",
           R"({"userName":"a","emails":[{"value":"y@e.org"}]})"},
          {"a chosen value's part",
           R"({"userName":"a","emails":[{"value":"x@e.org","type":"work"},{"value":"y@e.org","type":"home"}]})",
           R"([{"op":"replace","path":"emails[type eq \"work\"].value","value":"z@e.org"}])",
           R"({"userName":"a","emails":[{"value":"z@e.org","type":"work"},{"value":"y@e.org","type":"home"}]})"},
          {"a chosen value that is not there yet", R"({"userName":"a"})",
           R"([{"op":"Add","path":"emails[Type eq \"work\"].value","value":"z@e.org"}])",
           R"({"userName":"a","emails":[{"type":"work","value":"z@e.org"}]})"},
          {"replace finds nothing", R"({"userName":"a"})",
           R"([{"op":"replace","path":"emails[type eq \"work\"].value","value":"z@e.org"}])", "noTarget"},
          {"add finds nothing and knows not what", R"({"userName":"a"})",
           R"([{"op":"add","path":"emails[type co \"work\"].value","value":"z@e.org"}])", "noTarget"},
          {"remove a chosen value",
           R"({"userName":"a","emails":[{"value":"x@e.org","type":"work"},{"value":"y@e.org","type":"home"}]})",
           R"([{"op":"remove","path":"emails[value ew \"e.org\" and not (type eq \"home\")]"}])",
           R"({"userName":"a","emails":[{"value":"y@e.org","type":"home"}]})"},
          {"remove the last value", R"({"userName":"a","emails":[{"value":"x@e.org"}]})",
           R"([{"op":"remove","path":"emails[value eq \"x@e.org\"]"}])", R"({"userName":"a"})"},
          {"remove a part of all",
           R"({"userName":"a","emails":[{"value":"x@e.org","type":"work"},{"value":"y@e.org","type":"home"}]})",
           R"([{"op":"remove","path":"emails.type"}])",
           R"({"userName":"a","emails":[{"value":"x@e.org"},{"value":"y@e.org"}]})"},
          {"primary moves", R"({"userName":"a","emails":[{"value":"x@e.org","primary":true},{"value":"y@e.org"}]})",
           R"([{"op":"replace","path":"emails[value eq \"y@e.org\"].primary","value":true}])",
           R"({"userName":"a","emails":[{"value":"x@e.org","primary":false},{"value":"y@e.org","primary":true}]})"},
          {"the same twice, and primary", R"({"userName":"a"})",
           R"([{"op":"replace","path":"emails","value":[{"value":"x@e.org","primary":true},{"value":"x@e.org","primary":true}]}])",
           R"({"userName":"a","emails":[{"value":"x@e.org","primary":true}]})"},
          {"primary beside one that is there", R"({"userName":"a","emails":[{"value":"x@e.org"}]})",
           R"([{"op":"add","path":"emails","value":[{"value":"y@e.org","primary":true},{"value":"x@e.org","primary":true}]}])",
           R"({"userName":"a","emails":[{"value":"x@e.org"},{"value":"y@e.org","primary":true}]})"},
          {"primary moves forward",
           R"({"userName":"a","emails":[{"value":"x@e.org"},{"value":"y@e.org","primary":true}]})",
           R"([{"op":"replace","path":"emails[value eq \"x@e.org\"].primary","value":true}])",
           R"({"userName":"a","emails":[{"value":"x@e.org","primary":true},{"value":"y@e.org","primary":false}]})"},
          {"one after the other", R"({"userName":"a"})",
           R"([{"op":"add","path":"displayName","value":"B"},{"op":"replace","path":"displayName","value":"C"},{"op":"remove","path":"displayName"},{"op":"add","value":{"displayName":"D"}}])",
           R"({"userName":"a","displayName":"D"})"},
      });
}

TEST(ScimPatch, TakesWhatEntraAndOktaSend) {
  check_cases(
      user_kind(),
      {
          {"words for booleans, verbs in capitals", R"({"userName":"a","active":true})",
           R"([{"op":"Replace","path":"active","value":"False"}])", R"({"userName":"a","active":false})"},
          {"no path", R"({"userName":"a","active":true})", R"([{"op":"REPLACE","value":{"active":"False"}}])",
           R"({"userName":"a","active":false})"},
          {"paths as keys", R"({"userName":"a"})",
           R"([{"op":"Add","value":{"name.familyName":"F","emails[type eq \"work\"].value":"w@e.org","urn:ietf:params:scim:schemas:core:2.0:User:displayName":"D"}}])",
           R"({"userName":"a","name":{"familyName":"F"},"emails":[{"type":"work","value":"w@e.org"}],"displayName":"D"})"},
          {"the schema as a key", R"({"userName":"a"})",
           R"([{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"displayName":"D"}}}])",
           R"({"userName":"a","displayName":"D"})"},
          {"attributes that are not stored", R"({"userName":"a"})",
           R"([{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"IT"},
           {"op":"add","path":"addresses[type eq \"work\"].formatted","value":"x"},{"op":"replace","path":"title","value":"y"},
           {"op":"add","path":"name.honorificPrefix","value":"Dr."},
           {"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}},"nickName":"z"}}])",
           R"({"userName":"a"})"},
          {"names in other cases", R"({"userName":"a"})", R"([{"op":"add","path":"DISPLAYNAME","value":"D"}])",
           R"({"userName":"a","displayName":"D"})"},
          {"ids in a whole resource", R"({"userName":"a"})",
           R"([{"op":"replace","value":{"id":"7","schemas":["x"],"meta":{},"groups":[],"displayName":"D"}}])",
           R"({"userName":"a","displayName":"D"})"},
      });
  check_cases(
      group_kind(),
      {
          {"members that go, as a list", R"({"displayName":"g","members":[{"value":"1"},{"value":"2"},{"value":"3"}]})",
           R"([{"op":"Remove","path":"members","value":[{"value":"1"},{"value":"9"},{"value":"3"}]}])",
           R"({"displayName":"g","members":[{"value":"2"}]})"},
          {"a member that goes", R"({"displayName":"g","members":[{"value":"1"},{"value":"2"}]})",
           R"([{"op":"remove","path":"members[value eq \"1\"]"}])", R"({"displayName":"g","members":[{"value":"2"}]})"},
          {"a member that is not there", R"({"displayName":"g","members":[{"value":"2"}]})",
           R"([{"op":"remove","path":"members[value eq \"1\"]"}])", R"({"displayName":"g","members":[{"value":"2"}]})"},
          {"members once", R"({"displayName":"g","members":[{"value":"1","type":"User"}]})",
           R"([{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"},{"value":"2","display":"x"}]}])",
           R"({"displayName":"g","members":[{"value":"1","type":"User"},{"value":"2"}]})"},
          {"one member without a list", R"({"displayName":"g"})",
           R"([{"op":"add","path":"members","value":{"value":"1"}}])",
           R"({"displayName":"g","members":[{"value":"1"}]})"},
          {"all members", R"({"displayName":"g","members":[{"value":"1"}]})", R"([{"op":"remove","path":"members"}])",
           R"({"displayName":"g"})"},
      });
}

TEST(ScimPatch, RefusesTheRestAndChangesNothing) {
  check_cases(
      user_kind(),
      {
          {"no such verb", R"({"userName":"a"})", R"([{"op":"set","path":"displayName","value":"B"}])",
           "invalidSyntax"},
          {"no verb", R"({"userName":"a"})", R"([{"path":"displayName","value":"B"}])", "invalidSyntax"},
          {"no value", R"({"userName":"a"})", R"([{"op":"add","path":"displayName"}])", "invalidSyntax"},
          {"no operation", R"({"userName":"a"})", "[]", "invalidSyntax"},
          {"no object", R"({"userName":"a"})", "[5]", "invalidSyntax"},
          {"no such attribute", R"({"userName":"a"})", R"([{"op":"add","path":"shoeSize","value":"42"}])",
           "invalidPath"},
          {"no such part", R"({"userName":"a"})", R"([{"op":"add","path":"name.shoe","value":"42"}])", "invalidPath"},
          {"no path at all", R"({"userName":"a"})", R"([{"op":"add","path":"a b","value":"42"}])", "invalidPath"},
          {"a filter for one value", R"({"userName":"a"})",
           R"([{"op":"add","path":"name[familyName pr].givenName","value":"x"}])", "invalidPath"},
          {"a filter of no part", R"({"userName":"a"})", R"([{"op":"remove","path":"emails[shoe eq \"x\"]"}])",
           "invalidFilter"},
          {"remove without a path", R"({"userName":"a"})", R"([{"op":"remove"}])", "noTarget"},
          {"what is required", R"({"userName":"a"})", R"([{"op":"remove","path":"userName"}])", "mutability"},
          {"what is required, by null", R"({"userName":"a"})", R"([{"op":"replace","path":"userName","value":null}])",
           "mutability"},
          {"an empty name", R"({"userName":"a"})", R"([{"op":"replace","path":"userName","value":" "}])",
           "invalidValue"},
          {"what is read-only", R"({"userName":"a"})", R"([{"op":"replace","path":"id","value":"7"}])", "mutability"},
          {"groups", R"({"userName":"a"})", R"([{"op":"add","path":"groups","value":[{"value":"1"}]}])", "mutability"},
          {"another type", R"({"userName":"a"})", R"([{"op":"replace","path":"active","value":"maybe"}])",
           "invalidValue"},
          {"another type still", R"({"userName":"a"})", R"([{"op":"replace","path":"displayName","value":5}])",
           "invalidValue"},
          {"no object without a path", R"({"userName":"a"})", R"([{"op":"replace","value":"x"}])", "invalidValue"},
          {"a part of no values", R"({"userName":"a"})", R"([{"op":"replace","path":"emails.type","value":"x"}])",
           "noTarget"},
          {"the second of two", R"({"userName":"a"})",
           R"([{"op":"add","path":"displayName","value":"B"},{"op":"add","path":"shoe","value":"B"}])", "invalidPath"},
      });
  EXPECT_FALSE(apply_patch(user_kind(), document(R"({"userName":"a"})"), json::value("x")));
  json::array many(kMaxOperations + 1, json::object{{"op", "remove"}, {"path", "displayName"}});
  const auto refused = apply_patch(user_kind(), document(R"({"userName":"a"})"), json::object{{"Operations", many}});
  EXPECT_EQ(type_of(refused.error()), "tooMany");
}

}  // namespace
}  // namespace warder::manager::scim

#include "manager/api/contract.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json.h"
#include "manager/api/server.h"
#include "manager/identity/roles.h"

namespace warder::manager {
namespace {

const Contract& contract() {
  static const Contract kContract = Contract::load(openapi_yaml()).value();
  return kContract;
}

std::string operation_at(std::string_view method, std::string_view path) {
  const Match match = contract().match(method, path);
  return match.operation != nullptr ? match.operation->id : "none";
}

TEST(Contract, FindsOperations) {
  EXPECT_EQ(operation_at("GET", "/api/v1/agents"), "listAgents");
  EXPECT_EQ(operation_at("GET", "/api/v1/agents/summary"), "getFleetSummary");
  EXPECT_EQ(operation_at("GET", "/api/v1/agents/x"), "getAgent");
  EXPECT_EQ(operation_at("HEAD", "/api/v1/agents"), "listAgents");
  EXPECT_EQ(contract().match("POST", "/api/v1/policies/a/versions/7/restore").path.at("version"), "7");
  for (const char* path : {"", "/", "/api/v1", "/api/v1/", "/api/v1/agents/", "/api/v1//agents", "/api/v2/agents",
                           "/agents", "/api/v1/agents/x/y"}) {
    EXPECT_EQ(operation_at("GET", path), "none") << path;
  }
}

TEST(Contract, TellsTheMethodsOfAPath) {
  const Match match = contract().match("PUT", "/api/v1/users");
  EXPECT_EQ(match.operation, nullptr);
  EXPECT_EQ(match.allowed, (std::vector<std::string>{"GET", "POST"}));
  EXPECT_TRUE(contract().match("PUT", "/api/v1/nothing").allowed.empty());
}

TEST(Contract, EveryOperationNamesAKnownRightOrIsPublic) {
  std::set<std::string_view> ids;
  for (const Operation& operation : contract().operations()) {
    SCOPED_TRACE(operation.id);
    EXPECT_TRUE(ids.insert(operation.id).second);
    if (operation.is_public) {
      const std::set<std::string_view> known = {"login",
                                                "createToken",
                                                "redeemPasswordReset",
                                                "beginPasskeyLogin",
                                                "loginWithPasskey",
                                                "listLoginProviders",
                                                "startSso",
                                                "finishSso",
                                                "beginSsoSession",
                                                "createSsoToken",
                                                "negotiateSession",
                                                "negotiateToken",
                                                "certificateSession",
                                                "certificateToken"};
      EXPECT_TRUE(known.contains(operation.id));
      continue;
    }
    const auto rights = all_rights();
    EXPECT_TRUE(operation.right == "self" || std::ranges::find(rights, operation.right) != rights.end());
    EXPECT_TRUE(operation.method == "GET" || !operation.right.ends_with(":read"));
  }
}

TEST(Contract, WhatItCannotCheckIsRefused) {
  const std::string head = "components:\n  schemas:\n    Problem: {type: object}\n";
  EXPECT_TRUE(Contract::load(head + "paths: {}\n"));
  EXPECT_FALSE(Contract::load("paths: {}\n"));
  EXPECT_FALSE(Contract::load("{"));
  EXPECT_FALSE(Contract::load(head + "    Odd: {type: object, minProperties: 1}\npaths: {}\n"));
  EXPECT_FALSE(Contract::load(head + "    Odd: {$ref: '#/components/schemas/None'}\npaths: {}\n"));
  EXPECT_FALSE(Contract::load(head + "    Odd: {type: strange}\npaths: {}\n"));
  EXPECT_FALSE(Contract::load(head + "    Odd: {pattern: '('}\npaths: {}\n"));
}

/// What the command line and the console count on: no list has to be known for a short one.
TEST(Contract, EveryListIsReadInPages) {
  const json::value contract = yaml_to_json(openapi_yaml()).value();
  int lists = 0;
  for (const auto& [path, methods] : contract.at("paths").as_object()) {
    const json::value* get = find(methods.as_object(), "get");
    if (get == nullptr) continue;
    boost::system::error_code none;
    const json::value* schema = get->find_pointer("/responses/200/content/application~1json/schema/$ref", none);
    if (schema == nullptr || !schema->as_string().ends_with("Page")) continue;
    ++lists;
    std::set<std::string> names;
    if (const json::value* parameters = find(get->as_object(), "parameters")) {
      for (const json::value& parameter : parameters->as_array()) {
        if (const json::value* name = find(parameter.as_object(), "name"))
          names.emplace(std::string_view{name->as_string()});
      }
    }
    EXPECT_TRUE(names.contains("limit") && names.contains("cursor")) << std::string_view{path};
  }
  EXPECT_GT(lists, 15);
}

TEST(Yaml, HasTheCoreSchemasTypes) {
  const json::value value =
      yaml_to_json("{a: 1, b: '1', c: true, d: null, e: 1.5, f: ^x$, g: [x, ~], h: \"true\"}").value();
  EXPECT_EQ(value, (json::object{{"a", 1},
                                 {"b", "1"},
                                 {"c", true},
                                 {"d", nullptr},
                                 {"e", 1.5},
                                 {"f", "^x$"},
                                 {"g", json::array{"x", nullptr}},
                                 {"h", "true"}}));
  EXPECT_FALSE(yaml_to_json("a: [b"));
  EXPECT_FALSE(yaml_to_json("a: {b: 1, c: 2, b: 3}")) << "the first would be lost";
}

}  // namespace
}  // namespace warder::manager

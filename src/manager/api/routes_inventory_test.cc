// The handlers of the inventory; every answer is held against the contract.
#include "manager/api/routes_inventory.h"

#include "base/bytes.h"
#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class InventoryRoutesTest : public FleetTest {
 protected:
  using Strings = std::map<std::string, std::string, std::less<>>;

  InventoryRoutesTest() {
    add_inventory_routes(routes_, agents_, store_, offers_);
    InventoryChange change;
    change.kind = inventory::Kind::Package;
    change.delta.set = {{"dpkg/nginx", "nginx", "1.22.1-9", {{"manager", "dpkg"}}}};
    change.digest = to_hex(inventory::digest(change.delta.set));
    EXPECT_TRUE(store_.apply(scope_, agent_, change));
  }

  Result<ApiResponse> call(const std::string& operation, const Strings& path, const Strings& query = {}) {
    HttpRequest http;
    http.query = query;
    ApiRequest request{http, nullptr, &scope_, path, nullptr, {}};
    auto answer = routes_.handlers().at(operation)(request);
    if (!answer) return answer;
    HttpResponse response;
    response.status = answer->status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer->body);
    const auto checked = check_answer(contract_, *contract_.find(operation), response);
    EXPECT_TRUE(checked) << operation << ": " << checked.error().message;
    return answer;
  }
  json::array items(const std::string& operation, const Strings& path, const Strings& query = {}) {
    return call(operation, path, query).value().body.as_object().at("items").as_array();
  }

  InventoryStore store_{*tenants_, clock_};
  std::vector<inventory::Offer> offers_ =
      inventory::parse_offers(
          R"({"format":1,"module":"ips","offers":[{"id":"nginx","title":"nginx","when":{"package":"nginx"}}]})")
          .value();
  Contract contract_ = Contract::load(openapi_yaml()).value();
  Routes routes_;
  AgentId agent_ = add_agent("web-1");
};

TEST_F(InventoryRoutesTest, ShowsOneHost) {
  const json::object lists = call("getAgentInventory", {{"id", agent_.text()}}).value().body.as_object();
  EXPECT_EQ(lists.at("lists").as_array().size(), 1U);
  EXPECT_TRUE(lists.at("system").is_null());
  const auto found = items("listAgentInventory", {{"id", agent_.text()}, {"kind", "packages"}}, {{"q", "NGIN"}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].as_object().at("hostname").as_string(), "web-1");
  const auto fits = items("listAgentRecommendations", {{"id", agent_.text()}});
  ASSERT_EQ(fits.size(), 1U);
  EXPECT_EQ(fits[0].as_object().at("reason").as_string(), "package nginx 1.22.1-9");
}

TEST_F(InventoryRoutesTest, SearchesTheFleet) {
  EXPECT_TRUE(items("searchInventory", {{"kind", "packages"}}, {{"name", "other"}}).empty());
  EXPECT_EQ(items("searchInventory", {{"kind", "packages"}}, {{"name", "nginx"}}).size(), 1U);
  EXPECT_EQ(items("listInventoryVersions", {{"kind", "packages"}})[0].as_object().at("hosts").as_int64(), 1);
}

TEST_F(InventoryRoutesTest, KnowsNoOtherKindsAndAgents) {
  EXPECT_EQ(call("searchInventory", {{"kind", "nothing"}}).error().code, ErrorCode::NotFound);
  const std::string stranger = AgentId{UuidGenerator{fill_random}.next(clock_.now())}.text();
  EXPECT_EQ(call("getAgentInventory", {{"id", stranger}}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager

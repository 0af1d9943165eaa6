// The product's rules over the API, and what policies make of them; every answer is held against the contract.
#include "manager/api/routes_rules.h"

#include <algorithm>

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class RuleRoutesTest : public FleetTest {
 protected:
  RuleRoutesTest() { add_rule_routes(routes_, policies_, agents_, WARDER_CONTENT); }

  PolicyId make(const std::string& name, std::string_view document) {
    PolicyDraft draft;
    draft.name = name;
    draft.parent = policies_.base_id(scope_).value();
    draft.document = parse_json(document).value().as_object();
    const auto made = policies_.create(scope_, draft);
    EXPECT_TRUE(made) << made.error().message;
    return made.value().id;
  }

  Result<json::object> get(const std::string& module, const std::string& rule) {
    HttpRequest http;
    http.method = "GET";
    const ApiRequest request{http, nullptr, &scope_, {{"module", module}, {"rule", rule}}, {}, {}};
    const ApiResponse answer = WD_TRY(routes_.handlers().at("getRule")(request));
    HttpResponse response;
    response.status = answer.status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
    const auto fits = check_answer(contract_, *contract_.find("getRule"), response);
    EXPECT_TRUE(fits) << fits.error().message;
    return answer.body.as_object();
  }

  /// The policies that use it, with what they say of it: "Web 1 exceptions=…".
  std::vector<std::string> users(const std::string& module, const std::string& rule) {
    std::vector<std::string> out;
    const json::object shown = get(module, rule).value();
    for (const json::value& policy : shown.at("policies").as_array()) {
      std::string text =
          std::string(policy.at("name").as_string()) + " " + std::to_string(policy.at("hosts").to_number<int>());
      for (const json::value& setting : policy.at("settings").as_array())
        text +=
            " " + std::string(setting.at("setting").as_string()) + "=" + std::string(setting.at("value").as_string());
      out.push_back(std::move(text));
    }
    return out;
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  Routes routes_;
};

TEST_F(RuleRoutesTest, ARuleIsShownAsItIsWritten) {
  const json::object log = get("log-inspection", "710101").value();
  EXPECT_TRUE(log.at("text").as_string().starts_with("<rule id=\"710101\""));
  EXPECT_EQ(log.at("file"), "sshd/rules.xml");
  EXPECT_EQ(log.at("pack"), "sshd");
  const json::object ips = get("ips", "1:9100001").value();
  EXPECT_NE(ips.at("text").as_string().find("sid:9100001"), std::string_view::npos);
  EXPECT_EQ(get("integrity", "1:9100001").error().code, ErrorCode::NotFound);
  EXPECT_EQ(get("ips", "1:1").error().code, ErrorCode::NotFound);
}

TEST_F(RuleRoutesTest, NamesThePoliciesThatUseItWithTheirHostsAndExceptions) {
  const PolicyId web = make("Web", R"({"log-inspection": {"enabled": true, "rule_packs": ["sshd"],
    "levels": ["710101 0", "7101 3"], "exceptions": ["710101 until 2030-01-01 by ops if srcip=192.0.2.*"]},
    "ips": {"mode": "detect", "rule_modes": ["9100001 off", "1:9100002 prevent"], "pack_stages": ["virtual-patches prevent"]}})");
  make("Mail", R"({"log-inspection": {"enabled": true, "rule_packs": ["pam"]}, "ips": {"mode": "off"}})");
  add_agent("web-1", {}, web);
  const auto said = users("log-inspection", "710101");
  EXPECT_NE(
      std::ranges::find(said, "Web 1 levels=710101 0 exceptions=710101 until 2030-01-01 by ops if srcip=192.0.2.*"),
      said.end());
  EXPECT_TRUE(std::ranges::none_of(said, [](const std::string& text) { return text.starts_with("Mail"); }));
  const auto ips = users("ips", "1:9100001");
  EXPECT_NE(std::ranges::find(ips, "Web 1 rule_modes=9100001 off pack_stages=virtual-patches prevent"), ips.end());
  const auto other = users("ips", "1:9100002");
  EXPECT_NE(std::ranges::find(other, "Web 1 rule_modes=1:9100002 prevent pack_stages=virtual-patches prevent"),
            other.end());
}

}  // namespace
}  // namespace warder::manager

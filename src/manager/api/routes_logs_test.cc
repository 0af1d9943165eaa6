// Trying rules over the API; every answer is held against the contract.
#include "manager/api/routes_logs.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"

namespace warder::manager {
namespace {

constexpr const char* kRules = R"(<group name="shop,">
<rule id="100100" level="5"><decoded_as>shop</decoded_as><match>failed</match><description>Failed for $(dstuser).</description></rule>
<rule id="100101" level="10" frequency="3" timeframe="60"><if_matched_sid>100100</if_matched_sid><description>Many.</description></rule>
</group>)";
constexpr const char* kRoot =
    R"(<group name="syslog,"><rule id="1" level="0" noalert="1"><category>syslog</category><description>All.</description></rule></group>)";
constexpr const char* kDecoders =
    R"(<decoder name="shop"><program_name>^shop</program_name></decoder>
<decoder name="shop-user"><parent>shop</parent><regex>for (\S+)</regex><order>user</order></decoder>)";
constexpr const char* kLine = "Nov 25 10:00:01 web shop[3]: login failed for bob";

/// Does something each time it is asked.
class BusyClock final : public host::Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    if (on_now) on_now();
    return time.now();
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return time.steady_now(); }

  std::function<void()> on_now;
  warder::testing::ManualClock time{from_micros(1'795'303'515'000'000)};
};

class LogRoutesTest : public ::testing::Test {
 protected:
  LogRoutesTest() { add_log_routes(routes_, clock_, "no-such-folder"); }

  /// The answer, or the problem's status.
  json::object call(const json::object& body) {
    const Operation& operation = *contract_.find("testLogRules");
    HttpRequest http;
    http.method = "POST";
    http.headers["content-type"] = "application/json";
    http.body = json::serialize(body);
    const CheckedRequest checked = check_request(operation, http, {});
    if (checked.problem) return {{"status", checked.problem->status}};
    const ApiRequest request{http, nullptr, nullptr, {}, checked.body, {}};
    auto answer = routes_.handlers().at("testLogRules")(request);
    if (!answer && answer.error().code == ErrorCode::TooMany) return {{"status", 429}};
    EXPECT_TRUE(answer) << answer.error().message;
    HttpResponse response;
    response.status = answer->status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer->body);
    const auto fits = check_answer(contract_, operation, response);
    EXPECT_TRUE(fits) << fits.error().message;
    return answer->body.as_object();
  }
  static json::object body(std::size_t lines) {
    return {{"dialect", "wazuh"},
            {"decoders", kDecoders},
            {"rules", std::string(kRoot) + kRules},
            {"lines", json::array(lines, json::value(kLine))}};
  }

  BusyClock clock_;
  Contract contract_ = Contract::load(openapi_yaml()).value();
  Routes routes_;
};

TEST_F(LogRoutesTest, AnswersEachLine) {
  const json::object answer = call(body(3));
  EXPECT_TRUE(answer.at("complete").as_bool());
  EXPECT_TRUE(answer.at("problems").as_array().empty());
  const json::array& results = answer.at("results").as_array();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].at("rule_id").to_number<int>(), 100100);
  EXPECT_EQ(results[0].at("description").as_string(), "Failed for bob.");
  EXPECT_EQ(results[2].at("rule_id").to_number<int>(), 100101);
}

TEST_F(LogRoutesTest, NamesWhatIsWrongAndTriesTheRest) {
  json::object wrong = body(1);
  wrong["rules"] = std::string(kRoot) + kRules + "<group name=\"x\">\n<rule id=\"7777\" level=\"99\"></rule></group>";
  wrong["explain"] = true;
  const json::object answer = call(wrong);
  ASSERT_EQ(answer.at("problems").as_array().size(), 1U);
  EXPECT_EQ(answer.at("problems").at(0).at("file").as_string(), "rules");
  EXPECT_EQ(answer.at("problems").at(0).at("severity").as_string(), "error");
  EXPECT_EQ(answer.at("results").at(0).at("rule_id").to_number<int>(), 100100);
  EXPECT_FALSE(answer.at("results").at(0).at("trace").as_array().empty());
}

TEST_F(LogRoutesTest, EndsWhenItsTimeIsOver) {
  clock_.on_now = [this] { clock_.time.advance(std::chrono::seconds(1)); };
  const json::object answer = call(body(1000));
  EXPECT_FALSE(answer.at("complete").as_bool());
  EXPECT_EQ(answer.at("results").as_array().size(), 5U);
}

TEST_F(LogRoutesTest, RunsTwoAtATime) {
  std::vector<json::object> inner;
  int depth = 0;
  clock_.on_now = [&] {
    if (depth == 2 || !inner.empty()) return;
    ++depth;  // a test during the test
    inner.push_back(call(body(1)));
    --depth;
  };
  EXPECT_EQ(call(body(1)).at("results").as_array().size(), 1U);
  ASSERT_EQ(inner.size(), 2U);
  EXPECT_EQ(inner[0].at("status").to_number<int>(), 429);
  EXPECT_EQ(inner[1].at("results").as_array().size(), 1U);
  clock_.on_now = nullptr;
  EXPECT_EQ(call(body(1)).at("results").as_array().size(), 1U);  // all have given their turn back
}

TEST_F(LogRoutesTest, IsBounded) {
  EXPECT_EQ(call(body(1001)).at("status").to_number<int>(), 400);
  json::object large = body(1);
  large["rules"] = std::string(300'000, 'x');
  EXPECT_EQ(call(large).at("status").to_number<int>(), 400);
  json::object other = body(1);
  other["dialect"] = "snort";
  EXPECT_EQ(call(other).at("status").to_number<int>(), 400);
}

}  // namespace
}  // namespace warder::manager

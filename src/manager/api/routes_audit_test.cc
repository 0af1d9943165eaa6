// The audit log over the API: what is answered verifies, and fits the contract.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"
#include "host/testing/clock.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/routes_events.h"
#include "manager/api/server.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class AuditRoutesTest : public ::testing::Test {
 protected:
  AuditRoutesTest() {
    add_audit_routes(routes_, audit_);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(audit_.append(scope_, "a", "b", AuditOutcome::Success, {{"n", i}}));
  }
  Result<json::object> call(const std::string& operation, std::map<std::string, std::string, std::less<>> query = {},
                            std::map<std::string, std::string, std::less<>> path = {}) {
    const HttpRequest http;
    const ApiRequest request{http, nullptr, &scope_, std::move(path), {}, std::move(query)};
    const auto answer = WD_TRY(routes_.handlers().at(operation)(request));
    HttpResponse response;
    response.status = answer.status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
    const auto checked = check_answer(contract_, *contract_.find(operation), response);
    EXPECT_TRUE(checked) << checked.error().message;
    return answer.body.as_object();
  }
  static std::vector<crypto::Digest> hashes(const json::object& body) {
    std::vector<crypto::Digest> out;
    for (const json::value& hash : body.at("hashes").as_array()) {
      const Bytes bytes = from_hex(std::string_view{hash.as_string()}).value();
      std::copy(bytes.begin(), bytes.end(), out.emplace_back().begin());
    }
    return out;
  }
  static crypto::Checkpoint open(const json::object& body) {
    const auto key = crypto::NoteKey::parse(get_string(body, "key").value()).value();
    return crypto::open_checkpoint(get_string(body, "note").value(), key).value();
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  TestTenants tenants_{{audit_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope("user:1");
  Routes routes_;
};

TEST_F(AuditRoutesTest, GivesAnEntryByItsIndex) {
  EXPECT_EQ(call("getAuditEntry", {}, {{"index", "3"}})->at("detail"), (json::object{{"n", 2}}));
  EXPECT_EQ(call("getAuditEntry", {}, {{"index", "6"}}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(call("getAuditEntry", {}, {{"index", "99999999999999999999"}}).error().code, ErrorCode::Invalid);
}

TEST_F(AuditRoutesTest, SignsAndGivesCheckpoints) {
  EXPECT_EQ(call("getAuditCheckpoint").error().code, ErrorCode::NotFound);
  const json::object made = call("getAuditCheckpoint", {{"fresh", "true"}}).value();
  EXPECT_EQ(made.at("key"), call("getAuditKey")->at("key"));
  EXPECT_EQ(open(made).head.size, 5U);
  EXPECT_EQ(get_string(made, "root").value(), to_hex(open(made).head.root));
  EXPECT_EQ(call("getAuditCheckpoint").value(), made);
  EXPECT_EQ(call("getAuditCheckpoint", {{"size", "5"}}).value(), made);
  EXPECT_EQ(call("getAuditCheckpoint", {{"size", "4"}}).error().code, ErrorCode::NotFound);
  const json::object verified = call("verifyAudit").value();
  EXPECT_EQ(verified.at("root"), made.at("root"));
  EXPECT_EQ(verified.at("checkpoints"), 1);
}

TEST_F(AuditRoutesTest, ProvesThatAnEntryIsThere) {
  const json::object proof = call("proveAuditInclusion", {{"index", "2"}}).value();
  const crypto::Checkpoint checkpoint = open(proof.at("checkpoint").as_object());
  EXPECT_EQ(checkpoint.head.size, 5U);
  const crypto::Digest leaf = crypto::merkle_leaf(as_bytes(get_string(proof, "leaf").value()));
  EXPECT_TRUE(crypto::is_included(1, leaf, checkpoint.head.size, checkpoint.head.root, hashes(proof)));
  // Of a size that nobody signed there is a proof without checkpoint; of what is not there, none.
  EXPECT_TRUE(call("proveAuditInclusion", {{"index", "2"}, {"size", "3"}})->at("checkpoint").is_null());
  EXPECT_EQ(call("proveAuditInclusion", {{"index", "6"}}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(call("proveAuditInclusion", {{"index", "4"}, {"size", "3"}}).error().code, ErrorCode::Invalid);
}

TEST_F(AuditRoutesTest, ANewerEntryMakesANewCheckpoint) {
  ASSERT_TRUE(call("getAuditCheckpoint", {{"fresh", "true"}}));
  ASSERT_TRUE(audit_.append(scope_, "a", "b", AuditOutcome::Success));
  EXPECT_EQ(call("proveAuditInclusion", {{"index", "5"}})->at("size"), 5);
  EXPECT_EQ(call("proveAuditInclusion", {{"index", "6"}})->at("size"), 6);
}

TEST_F(AuditRoutesTest, ProvesThatNothingBeforeWasChanged) {
  const crypto::Checkpoint before = open(call("getAuditCheckpoint", {{"fresh", "true"}}).value());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(audit_.append(scope_, "a", "b", AuditOutcome::Success));
  const crypto::Checkpoint after = open(call("getAuditCheckpoint", {{"fresh", "true"}}).value());
  const json::object proof = call("proveAuditConsistency", {{"from", "5"}}).value();
  EXPECT_EQ(proof.at("to"), 9);
  EXPECT_TRUE(crypto::is_consistent(before.head, after.head, hashes(proof)));
  EXPECT_EQ(call("proveAuditConsistency", {{"from", "5"}, {"to", "10"}}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(call("proveAuditConsistency", {{"from", "5"}, {"to", "4"}}).error().code, ErrorCode::Invalid);
}

}  // namespace
}  // namespace warder::manager

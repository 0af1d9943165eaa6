#include "manager/gateway/gateway.h"

#include "manager/gateway/fixture.h"

namespace warder::manager {
namespace {

TEST_F(GatewayTest, EnrolledAgentIsGreetedAndGetsItsPolicy) {
  const Identity identity = enrol();
  auto client = dial(identity).value();
  ASSERT_TRUE(client->send(hello()));
  const protocol::Envelope ack = client->next().value();
  ASSERT_TRUE(ack.has_hello_ack());
  EXPECT_EQ(ack.hello_ack().refused(), "");
  EXPECT_EQ(ack.hello_ack().heartbeat_s(), 30U);
  EXPECT_EQ(ack.hello_ack().manager_time_us(), to_micros(clock_.now()));
  EXPECT_EQ(ack.hello_ack().capabilities_size(), static_cast<int>(protocol::kCapabilities.size()));
  const protocol::Envelope policy = client->next().value();
  ASSERT_TRUE(policy.has_policy());
  EXPECT_EQ(policy.policy().digest(), policies_.effective(scope_, policies_.base_id(scope_).value())->digest);
  EXPECT_EQ(policy.policy().name(), "Base");
  const Agent agent = find(identity);
  EXPECT_EQ(agent.state, AgentState::Online);
  EXPECT_EQ(agent.hostname, "web-1");
  EXPECT_EQ(agent.address, "127.0.0.1");
  EXPECT_EQ(agent.policy_state, PolicyState::Pending);
}

TEST_F(GatewayTest, AgentThatHasThePolicyIsNotSentItAgain) {
  const Identity identity = enrol();
  auto client = dial(identity).value();
  protocol::Envelope greeting = hello();
  greeting.mutable_hello()->set_policy_digest(policies_.effective(scope_, policies_.base_id(scope_).value())->digest);
  ASSERT_TRUE(client->send(greeting));
  ASSERT_TRUE(client->next()->has_hello_ack());
  ASSERT_TRUE(client->send(batch(1, 1)));
  EXPECT_TRUE(client->next()->has_ack()) << "nothing came between";
  EXPECT_EQ(find(identity).policy_state, PolicyState::Applied);
}

TEST_F(GatewayTest, EnrolmentRefusesWhatDoesNotHold) {
  const crypto::KeyPair key = crypto::KeyPair::generate();
  const std::string used = make_token();
  ASSERT_EQ(post_enrol(enrol_body(used, key))->status, 200);
  EXPECT_EQ(post_enrol(enrol_body(used, key))->status, 401);
  EXPECT_EQ(post_enrol(enrol_body("wdt1_x", key))->status, 401);
  EXPECT_EQ(post_enrol("{}")->status, 400);
  EXPECT_EQ(post_enrol("[")->status, 400);
  EXPECT_EQ(post_enrol(R"({"token":"x","csr":"!","hostname":"h"})")->status, 400);
  const auto other = tenants_.scope_of(tenants_->add("other", Timestamp{})->id);
  EXPECT_EQ(agents_.summary(scope_)->agents, 1);
  EXPECT_EQ(agents_.summary(other)->agents, 0);
}

TEST_F(GatewayTest, GuessingTokensIsSlowedDownEnrollingIsNot) {
  auto client = testing::WireClient::connect(server_->port(), tls()).value();
  int refused = 0;
  while (client->post("/enrol", enrol_body("wdt1_x", crypto::KeyPair::generate()))->status == 401) ++refused;
  EXPECT_EQ(refused, 20);
  EXPECT_EQ(client->post("/enrol", "{}")->status, 429);
  clock_.advance(std::chrono::seconds{10});
  for (int i = 0; i < 30; ++i) enrol();
}

TEST_F(GatewayTest, WithoutACertificateThereIsOnlyEnrolment) {
  auto client = testing::WireClient::connect(server_->port(), tls()).value();
  EXPECT_EQ(client->upgrade("/agent").error().code, ErrorCode::Forbidden);
  auto second = testing::WireClient::connect(server_->port(), tls()).value();
  EXPECT_EQ(second->post("/else", "{}")->status, 404);
}

TEST_F(GatewayTest, BatchesAreStoredOnceHoweverOftenTheyCome) {
  const Identity identity = enrol();
  auto client = connect(identity);
  const protocol::Envelope first = batch(1, 5);
  const protocol::Envelope second = batch(6, 9);
  EXPECT_EQ(send_batch(*client, first)->sequence(), 5U);
  EXPECT_EQ(send_batch(*client, first)->sequence(), 5U);
  EXPECT_EQ(send_batch(*client, second)->sequence(), 9U);
  EXPECT_EQ(send_batch(*client, first)->sequence(), 9U);
  EXPECT_EQ(stored_events(), 9U);
  client.reset();
  client = dial(identity).value();
  ASSERT_TRUE(client->send(hello()));
  EXPECT_EQ(client->next()->hello_ack().acknowledged(), 9U) << "the agent learns where to go on";
}

TEST_F(GatewayTest, EventThatCannotBeUnderstoodIsPoisonAndTheRestIsStored) {
  auto client = connect(enrol());
  protocol::Envelope envelope = batch(1, 5);
  auto& items = *envelope.mutable_events()->mutable_events();
  items[1].mutable_event()->set_severity(99);
  (*items[3].mutable_event()->mutable_fields())["file.path"].set_text("/etc/\xff");
  const auto ack = send_batch(*client, envelope);
  ASSERT_TRUE(ack) << ack.error().message;
  EXPECT_EQ(ack->sequence(), 5U);
  EXPECT_EQ(std::vector(ack->poison().begin(), ack->poison().end()), (std::vector<std::uint64_t>{2, 4}));
  EXPECT_EQ(stored_events(), 3U + 2U) << "three events and two that tell of the losses";
}

TEST_F(GatewayTest, PolicyChangeIsPushedAndItsResultKept) {
  const Identity identity = enrol();
  auto client = connect(identity);
  set_base(20);
  const protocol::Envelope pushed = client->next().value();
  ASSERT_TRUE(pushed.has_policy());
  const auto document = parse_json(pushed.policy().document()).value();
  EXPECT_EQ(document.at("agent").at("heartbeat_s"), json::value(20));
  protocol::Envelope result;
  result.mutable_policy_result()->set_digest(pushed.policy().digest());
  result.mutable_policy_result()->set_applied(true);
  ASSERT_TRUE(client->send(result));
  ASSERT_TRUE(send_batch(*client, batch(1, 1)));
  EXPECT_EQ(find(identity).policy_state, PolicyState::Applied);

  set_base(25);
  result.mutable_policy_result()->set_digest(client->next()->policy().digest());
  result.mutable_policy_result()->set_applied(false);
  result.mutable_policy_result()->set_error("integrity: no such\x01 file");
  ASSERT_TRUE(client->send(result));
  ASSERT_TRUE(send_batch(*client, batch(2, 2)));
  EXPECT_EQ(find(identity).policy_state, PolicyState::Failed);
  EXPECT_EQ(find(identity).policy_error, "integrity: no such file");
}

TEST_F(GatewayTest, MovingAnAgentPushesItsNewPolicyAndNobodyElse) {
  const Identity moved = enrol();
  const Identity other = enrol();
  auto moved_client = connect(moved);
  auto other_client = connect(other);
  const Policy policy = policies_.create(scope_, {"Web", "", {}, {{"agent", {{"heartbeat_s", 11}}}}}).value();
  AgentChange change;
  change.policy = policy.id;
  ASSERT_TRUE(agents_.update(scope_, moved.agent, "*", change));
  EXPECT_EQ(moved_client->next()->policy().name(), "Web");
  gateway_->settle();
  ASSERT_TRUE(other_client->send(batch(1, 1)));
  EXPECT_TRUE(other_client->next()->has_ack()) << "nothing came between";
}

TEST_F(GatewayTest, CommandsReachAgentsThatAreThereAndThoseThatComeLater) {
  const Identity identity = enrol();
  const Command early = commands_.create(scope_, identity.agent, {"", "self-test", {}}).value();
  auto client = connect(identity);
  const protocol::Envelope first = client->next().value();
  EXPECT_EQ(first.command().id(), early.id.text());
  const Command late = commands_.create(scope_, identity.agent, {"integrity", "rescan", {{"deep", true}}}).value();
  const protocol::Envelope second = client->next().value();
  EXPECT_EQ(second.command().id(), late.id.text());
  EXPECT_EQ(second.command().arguments(), R"({"deep":true})");
  protocol::Envelope result;
  result.mutable_command_result()->set_id(late.id.text());
  result.mutable_command_result()->set_succeeded(true);
  result.mutable_command_result()->set_output(R"({"files":7})");
  ASSERT_TRUE(client->send(result));
  ASSERT_TRUE(send_batch(*client, batch(1, 1)));
  const auto commands = commands_.list(scope_, identity.agent, {}).value().items;
  EXPECT_EQ(commands.at(0).state, CommandState::Succeeded);
  EXPECT_EQ(commands.at(1).state, CommandState::Sent);
  client = connect(identity);
  EXPECT_EQ(client->next()->command().id(), early.id.text()) << "what was not answered is sent again";
}

TEST_F(GatewayTest, HeartbeatsAreAnsweredAndTellTheClockOffset) {
  const Identity identity = enrol();
  auto client = connect(identity);
  for (const std::int64_t days : {2, -2, 0}) {
    SCOPED_TRACE(days);
    protocol::Envelope heartbeat;
    heartbeat.mutable_heartbeat()->set_agent_time_us(to_micros(clock_.now() + std::chrono::days{days}));
    protocol::ModuleState& module = *heartbeat.mutable_heartbeat()->add_modules();
    module.set_module("integrity");
    module.set_state("on");
    (*module.mutable_counters())["files"] = 12;
    ASSERT_TRUE(client->send(heartbeat));
    EXPECT_EQ(client->next()->heartbeat_ack().manager_time_us(), to_micros(clock_.now()));
    const Agent agent = find(identity);
    EXPECT_EQ(agent.clock_offset_ms, days * 86'400'000);
    EXPECT_EQ(agent.warnings.empty(), days == 0);
    EXPECT_EQ(agent.modules.at(0).counters.at("files"), 12);
  }
}

TEST_F(GatewayTest, RenewedCertificateIsGoodAndTheOldOneStaysSo) {
  Identity identity = enrol();
  auto client = connect(identity);
  Identity renewed{identity.agent, crypto::KeyPair::generate(), ""};
  protocol::Envelope request;
  const Bytes csr = crypto::make_csr(renewed.key).value();
  request.mutable_certificate_request()->set_csr_der(csr.data(), csr.size());
  ASSERT_TRUE(client->send(request));
  const protocol::Envelope issued = client->next().value();
  ASSERT_EQ(issued.certificate_issued().refused(), "");
  renewed.certificate_pem = issued.certificate_issued().certificate_pem();
  connect(renewed);
  connect(identity);
  request.mutable_certificate_request()->set_csr_der("not a request");
  client = connect(identity);
  ASSERT_TRUE(client->send(request));
  EXPECT_NE(client->next()->certificate_issued().refused(), "");
}

TEST_F(GatewayTest, RemovedAgentIsCutOffAndStaysOut) {
  const Identity identity = enrol();
  auto client = connect(identity);
  ASSERT_TRUE(agents_.remove(scope_, identity.agent, "*"));
  EXPECT_EQ(end_reason(*client), "this agent was removed from the manager");
  auto again = dial(identity).value();
  ASSERT_TRUE(again->send(hello()));
  EXPECT_EQ(again->next()->hello_ack().refused(), "this agent was removed from the manager");
  EXPECT_NE(end_reason(*again), "still open");
}

TEST_F(GatewayTest, ExpiredCertificateEndsTheStreamAndOpensNone) {
  const Identity identity = enrol();
  auto client = connect(identity);
  clock_.advance(std::chrono::days{31});
  ASSERT_TRUE(client->send(batch(1, 1)));
  EXPECT_EQ(end_reason(*client), "certificate expired");
  EXPECT_EQ(dial(identity).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(stored_events(), 0U);
}

TEST_F(GatewayTest, NewerConnectionOfAnAgentWins) {
  const Identity identity = enrol();
  auto first = connect(identity);
  auto second = connect(identity);
  EXPECT_EQ(end_reason(*first), "another connection of this agent took its place");
  EXPECT_EQ(send_batch(*second, batch(1, 1))->sequence(), 1U);
  first.reset();
  EXPECT_EQ(find(identity).state, AgentState::Online) << "the end of the first is not the agent's end";
  second.reset();
}

TEST_F(GatewayTest, CloneIsToldAndLosesNoEvents) {
  const Identity identity = enrol();
  auto original = connect(identity);
  EXPECT_EQ(send_batch(*original, batch(1, 5))->sequence(), 5U);
  // The copy has the same certificate, the same spool epoch, and numbers of its own.
  auto copy = dial(identity).value();
  protocol::Envelope greeting = hello();
  greeting.mutable_hello()->set_machine_id("m2");
  ASSERT_TRUE(copy->send(greeting));
  EXPECT_EQ(copy->next()->hello_ack().acknowledged(), 0U);
  ASSERT_TRUE(copy->next()->has_policy());
  EXPECT_EQ(send_batch(*copy, batch(1, 3))->sequence(), 3U);
  EXPECT_EQ(find(identity).warnings, std::vector<std::string>{"agent.clone"});
  EXPECT_EQ(stored_events(), 5U + 3U + 1U) << "of both, and one that tells of the clone";
}

TEST_F(GatewayTest, AgentsTwoMinorVersionsBehindAreServedOlderOnesAreToldWhy) {
  GatewayOptions options;
  options.protocol_minor = 5;
  start(options);
  const Identity identity = enrol();
  for (const auto& [minor, is_served] : {std::pair{5U, true}, {3U, true}, {2U, false}, {7U, true}}) {
    SCOPED_TRACE(minor);
    auto client = dial(identity).value();
    ASSERT_TRUE(client->send(hello(minor)));
    const protocol::Envelope ack = client->next().value();
    EXPECT_EQ(ack.hello_ack().refused().empty(), is_served);
    const std::uint32_t answered = is_served ? std::min(minor, 5U) : 5U;
    EXPECT_EQ(ack.hello_ack().protocol_minor(), answered);
  }
  auto client = dial(identity).value();
  protocol::Envelope other_major = hello(5);
  other_major.mutable_hello()->set_protocol_major(2);
  ASSERT_TRUE(client->send(other_major));
  EXPECT_NE(client->next()->hello_ack().refused(), "");
}

TEST_F(GatewayTest, AfterARestartAgentsGoOnWhereTheyWere) {
  const Identity identity = enrol();
  auto client = connect(identity);
  EXPECT_EQ(send_batch(*client, batch(1, 4))->sequence(), 4U);
  start({});
  EXPECT_NE(end_reason(*client), "still open");
  EXPECT_EQ(find(identity).state, AgentState::Offline);
  client = dial(identity).value();
  ASSERT_TRUE(client->send(hello()));
  EXPECT_EQ(client->next()->hello_ack().acknowledged(), 4U);
}

}  // namespace
}  // namespace warder::manager

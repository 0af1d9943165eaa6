// What a hostile agent can do: end its own stream, and nothing else.
#include <openssl/ssl.h>

#include <random>

#include "manager/gateway/fixture.h"

namespace warder::manager {
namespace {

class HostileAgentTest : public GatewayTest {
 protected:
  void SetUp() override {
    victim_client_ = connect(victim_);
    EXPECT_EQ(send_batch(*victim_client_, batch(1, 2))->sequence(), 2U);
  }
  /// Whatever came before, another agent is served as if nothing had been.
  void TearDown() override {
    const auto ack = send_batch(*victim_client_, batch(3, 4));
    ASSERT_TRUE(ack) << ack.error().message;
    EXPECT_EQ(ack->sequence(), 4U);
  }

  Identity victim_ = enrol();
  Identity hostile_ = enrol();
  std::unique_ptr<testing::WireClient> victim_client_;
};

TEST_F(HostileAgentTest, WhatIsNoEnvelopeClosesTheStream) {
  const std::string whole = protocol::serialize(batch(1, 3));
  for (const std::string& frame : {std::string{"\xff\xff\xff\xff"}, whole.substr(0, whole.size() / 2),
                                   std::string(100'000, '\x0a'), whole + "\x07"}) {
    auto client = connect(hostile_);
    ASSERT_TRUE(client->send(frame));
    EXPECT_NE(end_reason(*client), "still open");
  }
  EXPECT_EQ(stored_events(), 2U);
}

TEST_F(HostileAgentTest, TornFrameAndTornHandshakeAreForgotten) {
  {
    auto client = connect(hostile_);
    const std::string frame = "\x82\xfe\x10\x00" + std::string(200, 'x');
    ASSERT_TRUE(client->write(frame.substr(0, 50)));
  }
  auto client = testing::WireClient::connect(server_->port(), tls(&hostile_)).value();
  ASSERT_TRUE(client->write("GET /agent HTTP/1.1\r\nupgr"));
}

TEST_F(HostileAgentTest, FrameAboveTheLimitClosesTheStream) {
  auto client = connect(hostile_);
  // Says that 8 GiB follow.
  ASSERT_TRUE(client->write(std::string{"\x82\xff\x00\x00\x00\x02\x00\x00\x00\x00", 10} + std::string(64, 'x')));
  EXPECT_NE(end_reason(*client), "still open");
}

TEST_F(HostileAgentTest, MessagesOutOfTurnCloseTheStream) {
  protocol::Envelope ack;
  ack.mutable_ack()->set_sequence(1);
  protocol::Envelope command;
  command.mutable_command()->set_name("self-test");
  for (const protocol::Envelope& second : {hello(), ack, command}) {
    auto client = connect(hostile_);
    ASSERT_TRUE(client->send(second));
    EXPECT_NE(end_reason(*client), "still open");
  }
  auto client = dial(hostile_).value();
  ASSERT_TRUE(client->send(batch(1, 1)));
  EXPECT_NE(end_reason(*client), "still open") << "no hello";
  EXPECT_EQ(stored_events(), 2U);
}

TEST_F(HostileAgentTest, BadBatchesAreRefusedWhole) {
  auto client = connect(hostile_);
  protocol::Envelope no_epoch = batch(1, 1);
  no_epoch.mutable_events()->set_spool_epoch("short");
  protocol::Envelope bad_loss = batch(1, 1);
  bad_loss.mutable_events()->add_losses()->set_first_sequence(9);
  for (const protocol::Envelope& envelope : {no_epoch, bad_loss}) {
    const auto ack = send_batch(*client, envelope);
    ASSERT_TRUE(ack) << ack.error().message;
    EXPECT_NE(ack->refused(), "");
    EXPECT_EQ(ack->sequence(), 0U);
  }
  EXPECT_EQ(stored_events(), 2U);
}

TEST_F(HostileAgentTest, BatchAboveTheLimitClosesTheStream) {
  auto client = connect(hostile_);
  ASSERT_TRUE(client->send(batch(1, kMaxEventsPerBatch + 1)));
  EXPECT_NE(end_reason(*client), "still open");
}

TEST_F(HostileAgentTest, ReorderedAndOverlappingBatchesStoreEachEventOnce) {
  auto client = connect(hostile_);
  const protocol::Envelope whole = batch(1, 12);
  std::mt19937 random{7};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::uint64_t acknowledged = 0;
  for (int i = 0; i < 200; ++i) {
    protocol::Envelope part;
    part.mutable_events()->set_spool_epoch(whole.events().spool_epoch());
    const int first = static_cast<int>(random() % std::min<std::uint64_t>(acknowledged + 1, 12));
    const int last = first + static_cast<int>(random() % static_cast<std::size_t>(12 - first));
    for (int j = first; j <= last; ++j) *part.mutable_events()->add_events() = whole.events().events(j);
    if (random() % 4 == 0) part.mutable_events()->mutable_events()->SwapElements(0, last - first);
    const auto ack = send_batch(*client, part);
    ASSERT_TRUE(ack) << ack.error().message;
    EXPECT_GE(ack->sequence(), acknowledged);
    acknowledged = ack->sequence();
    clock_.advance(std::chrono::seconds{1});
  }
  EXPECT_EQ(acknowledged, 12U);
  std::set<std::string> ids;
  std::size_t integrity_events = 0;
  for (const StoredEvent& stored : all_events()) {
    if (stored.event.module != ModuleKind::Integrity) continue;
    ++integrity_events;
    ids.insert(stored.event.id.text());
  }
  EXPECT_EQ(integrity_events, 2U + 12U);
  EXPECT_EQ(ids.size(), integrity_events);
}

TEST_F(HostileAgentTest, MutatedMessagesNeverStopTheGateway) {
  const std::string seeds[] = {protocol::serialize(hello()), protocol::serialize(batch(1, 2))};
  std::mt19937 random{11};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  for (int i = 0; i < 150; ++i) {
    std::string frame = seeds[static_cast<std::size_t>(i) % 2];
    for (auto n = random() % 6 + 1; n > 0; --n) frame[random() % frame.size()] = static_cast<char>(random());
    auto client = i % 2 == 0 ? dial(hostile_).value() : connect(hostile_);
    ASSERT_TRUE(client->send(frame));
    // An answer, a refusal or the end: each is fine.
    (void)client->receive(std::chrono::seconds{10});
    clock_.advance(std::chrono::seconds{1});
  }
}

TEST_F(HostileAgentTest, AnotherAgentsCommandCannotBeAnswered) {
  const Command command = commands_.create(scope_, victim_.agent, {"", "self-test", {}}).value();
  EXPECT_EQ(victim_client_->next()->command().id(), command.id.text());
  auto client = connect(hostile_);
  protocol::Envelope result;
  result.mutable_command_result()->set_id(command.id.text());
  result.mutable_command_result()->set_succeeded(true);
  ASSERT_TRUE(client->send(result));
  ASSERT_TRUE(send_batch(*client, batch(1, 1)));
  EXPECT_EQ(commands_.list(scope_, victim_.agent, {})->items.at(0).state, CommandState::Sent);
}

TEST_F(HostileAgentTest, EventsBearTheAgentOfTheCertificate) {
  auto client = connect(hostile_);
  ASSERT_TRUE(send_batch(*client, batch(1, 1)));
  std::map<std::optional<AgentId>, int> by_agent;
  for (const StoredEvent& stored : all_events()) ++by_agent[stored.agent];
  EXPECT_EQ(by_agent[victim_.agent], 2);
  EXPECT_EQ(by_agent[hostile_.agent], 1);
}

TEST_F(HostileAgentTest, ForgedCertificatesOpenNothing) {
  const auto issue = [&](const crypto::CertificateAuthority& authority, std::vector<std::string> uris, Timestamp end) {
    Identity identity{victim_.agent, crypto::KeyPair::generate(), ""};
    crypto::CertificateSpec spec;
    spec.common_name = "agent";
    spec.uris = std::move(uris);
    spec.not_before = real_now() - std::chrono::days{2};
    spec.not_after = end;
    identity.certificate_pem = authority.issue(identity.key, spec).value();
    return identity;
  };
  const auto other_ca = crypto::CertificateAuthority::create("Test CA", real_now() - std::chrono::hours{1},
                                                             real_now() + std::chrono::days{1})
                            .value();
  const std::string uri = protocol::agent_uri(scope_.tenant(), victim_.agent);
  const Timestamp tomorrow = real_now() + std::chrono::days{1};
  const std::pair<std::string_view, Identity> cases[] = {
      {"of another authority", issue(other_ca, {uri}, tomorrow)},
      {"expired", issue(authority_, {uri}, real_now() - std::chrono::days{1})},
      {"of no agent", issue(authority_, {}, tomorrow)},
      {"of two agents", issue(authority_, {uri, protocol::agent_uri(scope_.tenant(), hostile_.agent)}, tomorrow)},
      {"of no tenant", issue(authority_, {protocol::agent_uri(TenantId{}, victim_.agent)}, tomorrow)},
      {"of something else", issue(authority_, {"warder://user/1"}, tomorrow)},
  };
  for (const auto& [what, identity] : cases) {
    SCOPED_TRACE(what);
    EXPECT_FALSE(dial(identity));
  }
  // A certificate of ours for an agent of another tenant is an unknown agent there.
  const TenantId other = tenants_->add("other", Timestamp{})->id;
  auto client = dial(issue(authority_, {protocol::agent_uri(other, victim_.agent)}, tomorrow)).value();
  ASSERT_TRUE(client->send(hello()));
  EXPECT_NE(client->next()->hello_ack().refused(), "");
  EXPECT_EQ(find(victim_).state, AgentState::Online);
}

TEST_F(HostileAgentTest, FloodOfMessagesClosesTheStream) {
  auto client = connect(hostile_);
  protocol::Envelope heartbeat;
  heartbeat.mutable_heartbeat()->set_agent_time_us(1);
  const GatewayOptions options;
  for (int i = 0; i < static_cast<int>(options.messages_burst) + 10; ++i)
    if (!client->send(heartbeat)) break;
  EXPECT_NE(end_reason(*client), "still open");
}

TEST_F(HostileAgentTest, EventsAboveTheRateComeBackLater) {
  GatewayOptions options;
  options.events_per_second = 10;
  options.events_burst = 20;
  start(options);
  victim_client_ = connect(victim_);
  auto client = connect(hostile_);
  EXPECT_EQ(send_batch(*client, batch(1, 20))->refused(), "");
  const auto refused = send_batch(*client, batch(21, 30));
  EXPECT_TRUE(refused->refused().starts_with("too-many:")) << refused->refused();
  clock_.advance(std::chrono::seconds{1});
  EXPECT_EQ(send_batch(*client, batch(21, 30))->sequence(), 30U);
}

TEST_F(HostileAgentTest, TooManyHellosAreToldToComeBack) {
  GatewayOptions options;
  options.hellos_per_second = 1;
  options.hellos_burst = 2;
  start(options);
  victim_client_ = connect(victim_);
  connect(hostile_);
  auto client = dial(hostile_).value();
  ASSERT_TRUE(client->send(hello()));
  EXPECT_EQ(client->next()->hello_ack().refused(), "busy; come back later");
}

}  // namespace
}  // namespace warder::manager

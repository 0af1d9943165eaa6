// For this folder's tests: a whole manager without its API, and agents that connect to it over real TLS.
#pragma once

#include <gtest/gtest.h>

#include <csignal>

#include "base/json.h"
#include "base/random.h"
#include "host/linux/clock.h"
#include "host/testing/clock.h"
#include "manager/events/testing.h"
#include "manager/gateway/gateway.h"
#include "manager/gateway/testing.h"
#include "manager/tenancy/testing.h"
#include "protocol/token.h"

namespace warder::manager {

class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view, std::initializer_list<LogField>) override {}
};

/// An enrolled agent's key and certificate.
struct Identity {
  AgentId agent;
  crypto::KeyPair key;
  std::string certificate_pem;
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    // A manager that ends a stream while a client writes must not end the test program.
    std::signal(SIGPIPE, SIG_IGN);
    start({});
  }

  // OpenSSL compares certificates with the real time, so the manual clock starts there.
  static Timestamp real_now() { return host::SystemClock{}.now(); }

  void start(const GatewayOptions& options) {
    server_.reset();
    gateway_ = Gateway::create({*tenants_, agents_, commands_, enrolment_, inventory_, policies_, events_, content_,
                                bus_, audit_, clock_, log_, metrics_},
                               options);
    const crypto::KeyPair key = crypto::KeyPair::generate();
    crypto::CertificateSpec spec{"manager",
                                 {"localhost"},
                                 {"127.0.0.1"},
                                 {},
                                 real_now() - std::chrono::hours{1},
                                 real_now() + std::chrono::hours{24},
                                 true};
    crypto::TlsServerOptions tls;
    tls.certificate_chain_pem = authority_.issue(key, spec).value() + authority_.certificate_pem();
    tls.private_key_pem = key.private_pem;
    tls.client_ca_pem = authority_.certificate_pem();
    tls.tls13_only = true;
    HttpServerOptions server;
    server.listen = {"127.0.0.1", 0};
    server.workers = 2;
    server_ =
        HttpServer::create(server, crypto::TlsServerContext::create(tls).value(), *gateway_, log_, metrics_).value();
  }

  std::shared_ptr<const crypto::TlsClientContext> tls(const Identity* identity = nullptr) {
    crypto::TlsClientOptions options;
    options.ca_pem = authority_.certificate_pem();
    options.server_name = "localhost";
    options.tls13_only = true;
    if (identity != nullptr) {
      options.certificate_chain_pem = identity->certificate_pem;
      options.private_key_pem = identity->key.private_pem;
    }
    return crypto::TlsClientContext::create(options).value();
  }

  std::string make_token() { return enrolment_.create(scope_, {"t", {}, {}}).value().token; }
  static std::string enrol_body(const std::string& token, const crypto::KeyPair& key) {
    return canonical_json(json::object{{"token", token},
                                       {"csr", to_base64(crypto::make_csr(key).value())},
                                       {"hostname", "web-1"},
                                       {"machine_id", "m"}});
  }
  Result<testing::WireClient::Answer> post_enrol(const std::string& body) {
    auto client = WD_TRY(testing::WireClient::connect(server_->port(), tls()));
    return client->post("/enrol", body);
  }
  Identity enrol() {
    Identity identity;
    identity.key = crypto::KeyPair::generate();
    const auto answer = post_enrol(enrol_body(make_token(), identity.key)).value();
    EXPECT_EQ(answer.status, 200) << answer.body;
    const json::object body = parse_json(answer.body).value().as_object();
    identity.agent = parse_id<AgentId>(get_string(body, "agent_id").value()).value();
    identity.certificate_pem = get_string(body, "certificate_pem").value();
    return identity;
  }

  Result<std::unique_ptr<testing::WireClient>> dial(const Identity& identity) {
    auto client = WD_TRY(testing::WireClient::connect(server_->port(), tls(&identity)));
    WD_TRY(client->upgrade("/agent"));
    return client;
  }
  static protocol::Envelope hello(std::uint32_t minor = protocol::kMinor) {
    protocol::Envelope envelope;
    protocol::Hello& message = *envelope.mutable_hello();
    message.set_protocol_major(protocol::kMajor);
    message.set_protocol_minor(minor);
    for (const std::string_view capability : protocol::kCapabilities) message.add_capabilities(std::string{capability});
    message.set_agent_version("0.1.0");
    message.set_hostname("web-1");
    message.set_machine_id("m1");
    message.set_spool_epoch(std::string(16, 'e'));
    return envelope;
  }
  /// Connected, greeted, and with the first policy read.
  std::unique_ptr<testing::WireClient> connect(const Identity& identity) {
    auto client = dial(identity).value();
    EXPECT_TRUE(client->send(hello()));
    const auto ack = client->next();
    EXPECT_TRUE(ack && ack->has_hello_ack() && ack->hello_ack().refused().empty())
        << (ack ? ack->hello_ack().refused() : ack.error().message);
    const auto policy = client->next();
    EXPECT_TRUE(policy && policy->has_policy())
        << (policy ? std::to_string(policy->message_case()) : policy.error().message);
    return client;
  }

  protocol::Event make_event(const std::string& type = "integrity.file.updated") {
    Event event;
    event.time = clock_.now();
    event.id = EventId{ids_.next(clock_.now())};
    event.module = ModuleKind::Integrity;
    event.type = type;
    event.severity = Severity::Medium;
    event.set("file.path", std::string{"/etc/passwd"});
    protocol::Event wire;
    protocol::to_wire(event, &wire);
    return wire;
  }
  protocol::Envelope batch(std::uint64_t first, std::uint64_t last) {
    protocol::Envelope envelope;
    envelope.mutable_events()->set_spool_epoch(std::string(16, 'e'));
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      protocol::SequencedEvent& item = *envelope.mutable_events()->add_events();
      item.set_sequence(sequence);
      *item.mutable_event() = make_event();
    }
    return envelope;
  }
  Result<protocol::BatchAck> send_batch(testing::WireClient& client, const protocol::Envelope& envelope) {
    WD_TRY(client.send(envelope));
    const protocol::Envelope answer = WD_TRY(client.next());
    if (!answer.has_ack()) return fail(ErrorCode::Internal, "not an ack");
    return answer.ack();
  }
  std::vector<StoredEvent> all_events() { return events_.list(scope_, {Filter{}, {}, {}}, 1000, "").value().items; }
  std::size_t stored_events() { return all_events().size(); }
  /// The reason for which the stream ended, other messages skipped.
  static std::string end_reason(testing::WireClient& client) {
    while (true) {
      const auto message = client.receive(std::chrono::seconds{10});
      if (!message) return message.error().message;
      if (!*message) return "still open";
    }
  }
  Agent find(const Identity& identity) {
    gateway_->settle();
    return agents_.find(scope_, identity.agent).value();
  }
  Policy set_base(int heartbeat_s) {
    PolicyChange change;
    change.document = json::object{{"agent", {{"heartbeat_s", heartbeat_s}}}};
    return policies_.update(scope_, policies_.base_id(scope_).value(), "*", change).value();
  }

  TestTenants tenants_{with_events({audit_schema(), policies_schema(), fleet_schema(), content_schema()})};
  warder::testing::ManualClock clock_{real_now()};
  NoLog log_;
  Metrics metrics_;
  AuditLog audit_{*tenants_, clock_};
  ChangeBus bus_;
  Policies policies_{*tenants_, audit_, bus_, clock_};
  Agents agents_{*tenants_, audit_, policies_, bus_, clock_};
  Commands commands_{*tenants_, audit_, bus_, clock_};
  InventoryStore inventory_{*tenants_, clock_};
  crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::create("Test CA", real_now() - std::chrono::hours{24},
                                           real_now() + std::chrono::days{365})
          .value();
  Enrolment enrolment_{*tenants_, audit_, agents_, authority_, clock_, {{"https://localhost:8444"}}};
  EventFeed feed_;
  EventStore events_{*tenants_, feed_, clock_};
  Content content_{*tenants_, audit_, clock_, {}};
  TenantScope scope_ = tenants_.scope();
  UuidGenerator ids_{fill_random};
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;  // before the gateway it serves
};

}  // namespace warder::manager

#include "crypto/tls.h"

#include <gtest/gtest.h>

#include <array>

#include "crypto/client_certificate.h"
#include "crypto/testing/client_authority.h"
#include "crypto/tls_profile.h"

namespace warder::crypto {
namespace {

using std::chrono::days;
using Ssl = std::unique_ptr<SSL, openssl::Free<SSL_free>>;

/// OpenSSL checks validity against the system's clock, so these certificates are valid around now.
Timestamp now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

CertificateAuthority make_authority() {
  return CertificateAuthority::create("Test CA", now() - days{1}, now() + days{10}).value();
}

struct Identity {
  std::string chain;
  std::string key;
};

Identity issue(const CertificateAuthority& authority, bool is_server) {
  const KeyPair key = KeyPair::generate();
  CertificateSpec spec;
  spec.common_name = is_server ? "manager" : "agent";
  spec.not_before = now() - days{1};
  spec.not_after = now() + days{1};
  spec.is_server = is_server;
  if (is_server) {
    spec.dns_names = {"manager.example"};
    spec.ip_addresses = {"127.0.0.1"};
  } else {
    spec.uris = {"warder://tenant/t/agent/a"};
  }
  return {authority.issue(key, spec).value(), key.private_pem};
}

/// A client and a server joined by memory.
struct Pair {
  Ssl client;
  Ssl server;
  std::string received;

  Pair(SSL_CTX* client_context, SSL_CTX* server_context)
      : client(SSL_new(client_context)), server(SSL_new(server_context)) {
    BIO* near = nullptr;
    BIO* far = nullptr;
    openssl::must(BIO_new_bio_pair(&near, 0, &far, 0) == 1);
    SSL_set_bio(client.get(), near, near);
    SSL_set_bio(server.get(), far, far);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }

  static bool is_waiting(SSL* ssl, int result) {
    const int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }

  /// True when both ends are done and a byte went each way (which takes in TLS 1.3's tickets and late alerts).
  bool shake() {
    ERR_clear_error();
    if (!finish_handshake()) return false;
    std::array<char, 4> buffer{};
    if (SSL_write(server.get(), "s", 1) != 1 || SSL_read(client.get(), buffer.data(), 4) != 1) return false;
    return SSL_write(client.get(), "c", 1) == 1 && SSL_read(server.get(), buffer.data(), 4) == 1;
  }

  bool finish_handshake() {
    for (int turn = 0; turn < 20; ++turn) {
      const int at_client = SSL_do_handshake(client.get());
      if (at_client != 1 && !is_waiting(client.get(), at_client)) return false;
      const int at_server = SSL_do_handshake(server.get());
      if (at_server != 1 && !is_waiting(server.get(), at_server)) return false;
      if (at_client == 1 && at_server == 1) return true;
    }
    return false;
  }
};

class Tls : public ::testing::Test {
 protected:
  TlsServerOptions server_options() const {
    TlsServerOptions options;
    options.certificate_chain_pem = server_.chain + authority_.certificate_pem();
    options.private_key_pem = server_.key;
    return options;
  }
  TlsServerOptions gateway_options() const {
    TlsServerOptions options = server_options();
    options.client_ca_pem = authority_.certificate_pem();
    options.require_client_certificate = true;
    options.tls13_only = true;
    return options;
  }
  TlsClientOptions client_options() const {
    TlsClientOptions options;
    options.ca_pem = authority_.certificate_pem();
    options.server_name = "manager.example";
    return options;
  }
  TlsClientOptions agent_options() const {
    TlsClientOptions options = client_options();
    options.certificate_chain_pem = agent_.chain;
    options.private_key_pem = agent_.key;
    return options;
  }
  static bool connects(const TlsClientOptions& client, const TlsServerOptions& server) {
    const auto client_context = TlsClientContext::create(client).value();
    const auto server_context = TlsServerContext::create(server).value();
    Pair pair{client_context->native(), server_context->native()};
    client_context->prepare(pair.client.get());
    return pair.shake();
  }

  CertificateAuthority authority_ = make_authority();
  CertificateAuthority foreign_ = make_authority();
  Identity server_ = issue(authority_, true);
  Identity agent_ = issue(authority_, false);
};

TEST_F(Tls, NegotiatesTls13) {
  const auto client = TlsClientContext::create(client_options()).value();
  const auto server = TlsServerContext::create(server_options()).value();
  Pair pair{client->native(), server->native()};
  client->prepare(pair.client.get());
  ASSERT_TRUE(pair.shake());
  EXPECT_EQ(negotiated(pair.client.get()), "TLSv1.3 TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(SSL_get_negotiated_group(pair.client.get()), NID_X25519);
  EXPECT_STREQ(SSL_get_servername(pair.server.get(), TLSEXT_NAMETYPE_host_name), "manager.example");
  EXPECT_EQ(peer_certificate(pair.client.get()).value().common_name, "manager");
  EXPECT_FALSE(peer_certificate(pair.server.get()).has_value());
}

/// A client of another profile, as strangers bring: no security level, no verification.
openssl::Context stranger(int version, const char* ciphers) {
  openssl::Context context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  if (ciphers != nullptr) openssl::must(SSL_CTX_set_cipher_list(context.get(), ciphers) == 1);
  return context;
}

TEST_F(Tls, RefusesOldProtocolsAndSuites) {
  struct Case {
    const char* name;
    int version;
    const char* ciphers;
    bool is_served;
    bool is_served_by_gateway;
  };
  const Case cases[] = {
      {"TLS 1.0", TLS1_VERSION, "ALL", false, false},
      {"TLS 1.1", TLS1_1_VERSION, "ALL", false, false},
      {"TLS 1.2, CBC", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA", false, false},
      {"TLS 1.2, CCM", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM", false, false},
      {"TLS 1.2, anonymous", TLS1_2_VERSION, "aNULL", false, false},
      {"TLS 1.2, GCM", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true, false},
      {"TLS 1.2, ChaCha20", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true, false},
  };
  TlsServerOptions gateway = server_options();
  gateway.tls13_only = true;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto client = stranger(c.version, c.ciphers);
    const auto everyone = TlsServerContext::create(server_options()).value();
    EXPECT_EQ(Pair(client.get(), everyone->native()).shake(), c.is_served);
    const auto agents = TlsServerContext::create(gateway).value();
    EXPECT_EQ(Pair(client.get(), agents->native()).shake(), c.is_served_by_gateway);
  }
}

TEST_F(Tls, RefusesOtherGroups) {
  const auto server = TlsServerContext::create(server_options()).value();
  const auto client = stranger(TLS1_3_VERSION, nullptr);
  ASSERT_TRUE(set_groups(client.get(), "X448:P-521"));
  EXPECT_FALSE(Pair(client.get(), server->native()).shake());
  ASSERT_TRUE(set_groups(client.get(), "P-256"));
  EXPECT_TRUE(Pair(client.get(), server->native()).shake());
}

TEST_F(Tls, DoesNotRenegotiate) {
  const auto server = TlsServerContext::create(server_options()).value();
  const auto client = stranger(TLS1_2_VERSION, nullptr);
  Pair pair{client.get(), server->native()};
  ASSERT_TRUE(pair.shake());
  ASSERT_EQ(SSL_renegotiate(pair.client.get()), 1);
  std::array<char, 4> buffer{};
  static_cast<void>(SSL_do_handshake(pair.client.get()));
  static_cast<void>(SSL_read(pair.server.get(), buffer.data(), 4));
  EXPECT_NE(SSL_do_handshake(pair.client.get()), 1);
}

TEST_F(Tls, ClientChecksTheServersName) {
  struct Case {
    const char* name;
    bool connects;
  };
  for (const auto& c : {Case{"manager.example", true}, Case{"127.0.0.1", true}, Case{"other.example", false},
                        Case{"127.0.0.2", false}, Case{"manager", false}, Case{"", true}}) {
    SCOPED_TRACE(c.name);
    TlsClientOptions options = client_options();
    options.server_name = c.name;
    EXPECT_EQ(connects(options, server_options()), c.connects);
  }
}

TEST_F(Tls, ClientChecksTheAuthority) {
  TlsClientOptions options = client_options();
  options.ca_pem = foreign_.certificate_pem();
  EXPECT_FALSE(connects(options, server_options()));
  options.ca_pem.clear();  // the system's store does not know our test authority
  EXPECT_FALSE(connects(options, server_options()));
}

TEST_F(Tls, PinnedFingerprintTakesThePlaceOfTheAuthority) {
  TlsClientOptions options;
  options.ca_fingerprint = authority_.fingerprint();
  EXPECT_TRUE(connects(options, server_options()));
  options.server_name = "manager.example";
  EXPECT_TRUE(connects(options, server_options()));
  options.server_name = "other.example";
  EXPECT_FALSE(connects(options, server_options()));
  options.server_name.clear();
  options.ca_fingerprint = foreign_.fingerprint();
  EXPECT_FALSE(connects(options, server_options()));
}

TEST_F(Tls, PinIsNotFooledByAppendingThePinnedCertificate) {
  // A stranger sends his own leaf and, after it, the certificate that is pinned: the leaf is not signed by it.
  const Identity forged = issue(foreign_, true);
  TlsServerOptions server;
  server.certificate_chain_pem = forged.chain + authority_.certificate_pem();
  server.private_key_pem = forged.key;
  TlsClientOptions options;
  options.ca_fingerprint = authority_.fingerprint();
  EXPECT_FALSE(connects(options, server));
  // Nor by a chain that lacks the pinned root.
  server = server_options();
  server.certificate_chain_pem = server_.chain;
  EXPECT_FALSE(connects(options, server));
  // Nor by an agent, whose certificate comes from the same authority.
  server.certificate_chain_pem = agent_.chain + authority_.certificate_pem();
  server.private_key_pem = agent_.key;
  EXPECT_FALSE(connects(options, server));
}

TEST_F(Tls, GatewayWantsACertificateOfItsAuthority) {
  EXPECT_TRUE(connects(agent_options(), gateway_options()));
  EXPECT_FALSE(connects(client_options(), gateway_options()));

  TlsClientOptions foreign = client_options();
  const Identity other = issue(foreign_, false);
  foreign.certificate_chain_pem = other.chain;
  foreign.private_key_pem = other.key;
  EXPECT_FALSE(connects(foreign, gateway_options()));

  TlsClientOptions wrong_kind = client_options();
  wrong_kind.certificate_chain_pem = server_.chain;
  wrong_kind.private_key_pem = server_.key;
  EXPECT_FALSE(connects(wrong_kind, gateway_options()));
}

TEST_F(Tls, CertificateMayBeOptional) {
  TlsServerOptions options = gateway_options();
  options.require_client_certificate = false;
  const auto server = TlsServerContext::create(options).value();
  const auto anonymous = TlsClientContext::create(client_options()).value();
  Pair without{anonymous->native(), server->native()};
  ASSERT_TRUE(without.shake());
  EXPECT_FALSE(peer_certificate(without.server.get()).has_value());

  const auto agent = TlsClientContext::create(agent_options()).value();
  Pair with{agent->native(), server->native()};
  ASSERT_TRUE(with.shake());
  EXPECT_EQ(peer_certificate(with.server.get()).value().uris, std::vector<std::string>{"warder://tenant/t/agent/a"});
}

TEST_F(Tls, ExpiredClientsAreRefused) {
  const KeyPair key = KeyPair::generate();
  CertificateSpec spec;
  spec.common_name = "agent";
  spec.not_before = now() - days{1};
  spec.not_after = now() - std::chrono::hours{1};
  TlsClientOptions options = client_options();
  options.certificate_chain_pem = authority_.issue(key, spec).value();
  options.private_key_pem = key.private_pem;
  EXPECT_FALSE(connects(options, gateway_options()));
}

/// Whether the second connection of `client` resumes the session that the first one was given.
bool resumes(const TlsClientContext& client, const TlsServerContext& first, const TlsServerContext& second) {
  Pair one{client.native(), first.native()};
  client.prepare(one.client.get());
  EXPECT_TRUE(one.shake());
  EXPECT_EQ(SSL_session_reused(one.client.get()), 0);
  Pair two{client.native(), second.native()};
  client.prepare(two.client.get());
  return two.shake() && SSL_session_reused(two.client.get()) == 1 && SSL_session_reused(two.server.get()) == 1;
}

TEST_F(Tls, SessionsResumeAcrossNodesThatShareATicketKey) {
  TlsServerOptions options = gateway_options();
  options.ticket_key = Bytes(80, 7);
  const auto node1 = TlsServerContext::create(options).value();
  const auto node2 = TlsServerContext::create(options).value();
  EXPECT_TRUE(resumes(*TlsClientContext::create(agent_options()).value(), *node1, *node2));

  options.ticket_key = Bytes(80, 8);
  const auto stranger_node = TlsServerContext::create(options).value();
  EXPECT_FALSE(resumes(*TlsClientContext::create(agent_options()).value(), *node1, *stranger_node));
}

TEST_F(Tls, ResumedSessionsKnowTheirClient) {
  TlsServerOptions options = gateway_options();
  options.ticket_key = Bytes(80, 7);
  const auto server = TlsServerContext::create(options).value();
  const auto client = TlsClientContext::create(agent_options()).value();
  for (int connection = 0; connection < 3; ++connection) {
    Pair pair{client->native(), server->native()};
    client->prepare(pair.client.get());
    ASSERT_TRUE(pair.shake());
    EXPECT_EQ(SSL_session_reused(pair.server.get()), connection == 0 ? 0 : 1);
    EXPECT_EQ(peer_certificate(pair.server.get()).value().common_name, "agent");
  }
}

TEST_F(Tls, TicketsOfALooserListenerDoNotOpenAStricterOne) {
  TlsServerOptions loose = gateway_options();
  loose.require_client_certificate = false;
  loose.ticket_key = Bytes(80, 7);
  TlsServerOptions strict = gateway_options();
  strict.ticket_key = loose.ticket_key;
  const auto api = TlsServerContext::create(loose).value();
  const auto gateway = TlsServerContext::create(strict).value();
  const auto anonymous = TlsClientContext::create(client_options()).value();
  Pair first{anonymous->native(), api->native()};
  anonymous->prepare(first.client.get());
  ASSERT_TRUE(first.shake());
  Pair second{anonymous->native(), gateway->native()};
  anonymous->prepare(second.client.get());
  EXPECT_FALSE(second.shake());
}

TEST_F(Tls, BadOptionsAreRefused) {
  struct Case {
    const char* name;
    void (*spoil)(TlsServerOptions&);
  };
  const Case cases[] = {
      {"no certificate", [](TlsServerOptions& o) { o.certificate_chain_pem.clear(); }},
      {"broken certificate", [](TlsServerOptions& o) { o.certificate_chain_pem.resize(300); }},
      {"no key", [](TlsServerOptions& o) { o.private_key_pem.clear(); }},
      {"another key", [](TlsServerOptions& o) { o.private_key_pem = KeyPair::generate().private_pem; }},
      {"required without CA", [](TlsServerOptions& o) { o.client_ca_pem.clear(); }},
      {"broken CA", [](TlsServerOptions& o) { o.client_ca_pem = "x"; }},
      {"short ticket key", [](TlsServerOptions& o) { o.ticket_key = Bytes(48); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    TlsServerOptions options = gateway_options();
    c.spoil(options);
    const auto context = TlsServerContext::create(options);
    ASSERT_FALSE(context.has_value());
    EXPECT_EQ(context.error().code, ErrorCode::Invalid);
    EXPECT_EQ(ERR_peek_error(), 0U) << "an error of ours must not be found by the next call";
  }
}

TEST_F(Tls, BadClientOptionsAreRefused) {
  TlsClientOptions nothing;
  EXPECT_FALSE(TlsClientContext::create(nothing).has_value());
  TlsClientOptions both = client_options();
  both.ca_fingerprint = authority_.fingerprint();
  EXPECT_FALSE(TlsClientContext::create(both).has_value());
  TlsClientOptions short_pin;
  short_pin.ca_fingerprint = "abcd";
  EXPECT_FALSE(TlsClientContext::create(short_pin).has_value());
}

class AskingTls : public Tls {
 protected:
  TlsServerOptions asking() const {
    TlsServerOptions options = server_options();
    options.asks_client_certificate = true;
    return options;
  }
  TlsClientOptions showing(const std::string& chain, const std::string& key) const {
    TlsClientOptions options = client_options();
    options.certificate_chain_pem = chain;
    options.private_key_pem = key;
    return options;
  }
};

TEST_F(AskingTls, LetsInWhoeverShowsNoneOrAnyAndVerifiesNothing) {
  const auto server = TlsServerContext::create(asking()).value();
  const auto nobody = TlsClientContext::create(client_options()).value();
  Pair without{nobody->native(), server->native()};
  nobody->prepare(without.client.get());
  ASSERT_TRUE(without.shake());
  EXPECT_EQ(shown_certificate(without.server.get()), nullptr);
  const warder::crypto::testing::TestClientAuthority root("Staff CA", now() - days{1}, now() + days{9});
  const auto team = root.below("Team CA");
  const auto ann = team.issue({"ann"});
  const auto somebody = TlsClientContext::create(showing(ann.pem + team.pem(), ann.key_pem)).value();
  Pair with{somebody->native(), server->native()};
  somebody->prepare(with.client.get());
  ASSERT_TRUE(with.shake());
  EXPECT_FALSE(peer_certificate(with.server.get())) << "nobody has verified it";
  const auto shown = shown_certificate(with.server.get());
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->says.common_name, "ann");
  EXPECT_EQ(shown->others.size(), 1U);
  EXPECT_EQ(ClientAuthority::load(root.pem(), {})->check(*shown, now()), CertificateFault::None);
}

TEST_F(AskingTls, SessionsResumeOnlyWithoutACertificate) {
  const warder::crypto::testing::TestClientAuthority root("Staff CA", now() - days{1}, now() + days{9});
  const auto ann = root.issue({"ann"});
  const auto server = TlsServerContext::create(asking()).value();
  EXPECT_TRUE(resumes(*TlsClientContext::create(client_options()).value(), *server, *server));
  EXPECT_FALSE(resumes(*TlsClientContext::create(showing(ann.pem, ann.key_pem)).value(), *server, *server));
  // In TLS 1.2 as well.
  const auto old = TlsServerContext::create(asking()).value();
  SSL_CTX_set_max_proto_version(old->native(), TLS1_2_VERSION);
  EXPECT_TRUE(resumes(*TlsClientContext::create(client_options()).value(), *old, *old));
  EXPECT_FALSE(resumes(*TlsClientContext::create(showing(ann.pem, ann.key_pem)).value(), *old, *old));
}

TEST_F(AskingTls, RefusesAHeapOfCertificatesAndTwoWaysAtOnce) {
  const warder::crypto::testing::TestClientAuthority root("Staff CA", now() - days{1}, now() + days{9});
  std::string purposes = "clientAuth";
  for (int i = 0; i < 300; ++i) purposes += ",1.3.6.1.4.1.55555.77777." + std::to_string(i);
  const auto ann = root.issue({"ann", purposes});
  EXPECT_TRUE(connects(showing(ann.pem, ann.key_pem), asking()));
  std::string heap;
  for (int i = 0; i < 8; ++i) heap += ann.pem;
  EXPECT_FALSE(connects(showing(heap, ann.key_pem), asking()));
  TlsServerOptions both = asking();
  both.client_ca_pem = authority_.certificate_pem();
  EXPECT_FALSE(TlsServerContext::create(both));
}

}  // namespace
}  // namespace warder::crypto

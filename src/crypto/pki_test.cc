#include "crypto/pki.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

using std::chrono::days;

const Timestamp kNow = parse_rfc3339("2026-11-22T12:00:00Z").value();

CertificateSpec agent_spec() {
  CertificateSpec spec;
  spec.common_name = "agent";
  spec.uris = {"warder://tenant/t/agent/a"};
  spec.not_before = kNow - days{1};
  spec.not_after = kNow + days{30};
  return spec;
}

class Pki : public testing::Test {
 protected:
  CertificateAuthority authority_ = CertificateAuthority::create("Test CA", kNow - days{1}, kNow + days{3650}).value();
};

/// OpenSSL's own verdict on the chain at kNow, for the purpose.
bool verifies(const std::string& leaf_pem, const CertificateAuthority& authority, int purpose) {
  const auto leaf = openssl::read_x509(leaf_pem).value();
  const auto root = openssl::read_x509(authority.certificate_pem()).value();
  const std::unique_ptr<X509_STORE, openssl::Free<X509_STORE_free>> store{X509_STORE_new()};
  X509_STORE_add_cert(store.get(), root.get());
  const std::unique_ptr<X509_STORE_CTX, openssl::Free<X509_STORE_CTX_free>> context{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, to_micros(kNow) / 1'000'000);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  return X509_verify_cert(context.get()) == 1;
}

TEST_F(Pki, IssuesForARequest) {
  const KeyPair key = KeyPair::generate();
  const std::string pem = authority_.issue(make_csr(key).value(), agent_spec()).value();
  EXPECT_TRUE(verifies(pem, authority_, X509_PURPOSE_SSL_CLIENT));
  EXPECT_FALSE(verifies(pem, authority_, X509_PURPOSE_SSL_SERVER));

  const PeerCertificate read = read_certificate(pem).value();
  EXPECT_EQ(read.common_name, "agent");
  EXPECT_EQ(read.uris, std::vector<std::string>{"warder://tenant/t/agent/a"});
  EXPECT_EQ(read.not_before, kNow - days{1});
  EXPECT_EQ(read.not_after, kNow + days{30});
  EXPECT_EQ(read.serial.size(), 32U);
  EXPECT_EQ(read.fingerprint.size(), 64U);

  const auto leaf = openssl::read_x509(pem).value();
  EXPECT_EQ(X509_check_private_key(leaf.get(), openssl::read_private_key(key.private_pem).value().get()), 1);
}

TEST_F(Pki, IssuesServerCertificates) {
  CertificateSpec spec = agent_spec();
  spec.is_server = true;
  spec.dns_names = {"manager.example"};
  spec.ip_addresses = {"127.0.0.1", "::1"};
  const std::string pem = authority_.issue(KeyPair::generate(), spec).value();
  EXPECT_TRUE(verifies(pem, authority_, X509_PURPOSE_SSL_SERVER));
  EXPECT_FALSE(verifies(pem, authority_, X509_PURPOSE_SSL_CLIENT));
  const auto leaf = openssl::read_x509(pem).value();
  EXPECT_EQ(X509_check_host(leaf.get(), "manager.example", 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "other.example", 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.2", 0), 0);
}

TEST_F(Pki, AnotherAuthorityWithTheSameNameIsNotTrusted) {
  const auto other = CertificateAuthority::create("Test CA", kNow - days{1}, kNow + days{3650}).value();
  EXPECT_FALSE(verifies(other.issue(KeyPair::generate(), agent_spec()).value(), authority_, X509_PURPOSE_SSL_CLIENT));
  EXPECT_NE(other.fingerprint(), authority_.fingerprint());
}

TEST_F(Pki, LoadsWhatItCreated) {
  const auto loaded = CertificateAuthority::load(authority_.certificate_pem(), authority_.private_pem()).value();
  EXPECT_EQ(loaded.fingerprint(), authority_.fingerprint());
  EXPECT_EQ(loaded.fingerprint(), read_certificate(authority_.certificate_pem()).value().fingerprint);
  EXPECT_TRUE(verifies(loaded.issue(KeyPair::generate(), agent_spec()).value(), authority_, X509_PURPOSE_SSL_CLIENT));
}

TEST_F(Pki, DoesNotLoadLeavesOrForeignKeys) {
  const KeyPair key = KeyPair::generate();
  const std::string leaf = authority_.issue(key, agent_spec()).value();
  EXPECT_FALSE(CertificateAuthority::load(leaf, key.private_pem).has_value());
  EXPECT_FALSE(CertificateAuthority::load(authority_.certificate_pem(), key.private_pem).has_value());
  EXPECT_FALSE(CertificateAuthority::load(authority_.certificate_pem(), "").has_value());
  EXPECT_FALSE(CertificateAuthority::load("", authority_.private_pem()).has_value());
}

TEST_F(Pki, SerialsDiffer) {
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) {
    serials.insert(read_certificate(authority_.issue(KeyPair::generate(), agent_spec()).value()).value().serial);
  }
  EXPECT_EQ(serials.size(), 20U);
}

TEST_F(Pki, LeafEndsWithItsAuthority) {
  CertificateSpec spec = agent_spec();
  spec.not_after = kNow + days{36500};
  EXPECT_EQ(read_certificate(authority_.issue(KeyPair::generate(), spec).value()).value().not_after, kNow + days{3650});
}

TEST_F(Pki, YearsAfter2049AreRead) {
  const auto lasting = CertificateAuthority::create("CA", kNow, kNow + days{36500}).value();
  EXPECT_EQ(read_certificate(lasting.certificate_pem()).value().not_after, kNow + days{36500});
}

TEST_F(Pki, RefusesSpecsThatCannotBe) {
  struct Case {
    const char* name;
    void (*spoil)(CertificateSpec&);
  };
  const Case cases[] = {
      {"ends before it begins", [](CertificateSpec& s) { s.not_after = s.not_before; }},
      {"no common name", [](CertificateSpec& s) { s.common_name.clear(); }},
      {"long common name", [](CertificateSpec& s) { s.common_name = std::string(65, 'a'); }},
      {"common name is not UTF-8", [](CertificateSpec& s) { s.common_name = "\xFF\xFE"; }},
      {"URI with a space", [](CertificateSpec& s) { s.uris = {"a b"}; }},
      {"URI with a NUL",
       [](CertificateSpec& s) {
         s.uris = {std::string{"a\0b", 3}};
       }},
      {"empty DNS name", [](CertificateSpec& s) { s.dns_names = {""}; }},
      {"no address", [](CertificateSpec& s) { s.ip_addresses = {"127.0.0.1,DNS:evil"}; }},
      {"too many names", [](CertificateSpec& s) { s.uris.assign(65, "warder://x"); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    CertificateSpec spec = agent_spec();
    c.spoil(spec);
    EXPECT_FALSE(authority_.issue(KeyPair::generate(), spec).has_value());
  }
}

TEST_F(Pki, NamesAreNotConfigurationSyntax) {
  CertificateSpec spec = agent_spec();
  spec.uris = {"warder://a,DNS:evil.example,URI:warder://b"};
  const auto read = read_certificate(authority_.issue(KeyPair::generate(), spec).value()).value();
  EXPECT_EQ(read.uris, spec.uris);
}

TEST_F(Pki, RefusesEveryTruncatedOrAlteredRequest) {
  const Bytes csr = make_csr(KeyPair::generate()).value();
  for (std::size_t length = 0; length < csr.size(); ++length) {
    EXPECT_FALSE(authority_.issue(ByteView{csr}.first(length), agent_spec()).has_value()) << length;
  }
  for (std::size_t i = 0; i < csr.size(); ++i) {
    Bytes altered = csr;
    altered[i] ^= 0x01;
    EXPECT_FALSE(authority_.issue(altered, agent_spec()).has_value()) << i;
  }
  Bytes longer = csr;
  longer.push_back(0);
  EXPECT_FALSE(authority_.issue(longer, agent_spec()).has_value());
  EXPECT_EQ(authority_.issue(Bytes(17 << 10), agent_spec()).error().code, ErrorCode::TooLarge);
}

Bytes request_with(EVP_PKEY* key) {
  const openssl::Request request{X509_REQ_new()};
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), key, EVP_sha256());
  unsigned char* der = nullptr;
  const int length = i2d_X509_REQ(request.get(), &der);
  Bytes bytes{der, der + length};
  OPENSSL_free(der);
  return bytes;
}

TEST_F(Pki, RefusesOtherKindsOfKeys) {
  const openssl::Pkey rsa{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})};
  const openssl::Pkey p384 = openssl::make_ec_key("P-384");
  EXPECT_FALSE(authority_.issue(request_with(rsa.get()), agent_spec()).has_value());
  EXPECT_FALSE(authority_.issue(request_with(p384.get()), agent_spec()).has_value());
  EXPECT_FALSE(make_csr(KeyPair{openssl::private_key_pem(p384.get())}).has_value());
}

TEST(PkiReading, RefusesHostilePem) {
  const char* const cases[] = {
      "",
      "hello",
      "-----BEGIN CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nAA\n-----END CERTIFICATE-----\n",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  };
  for (const char* pem : cases) {
    EXPECT_FALSE(read_certificate(pem).has_value()) << pem;
    EXPECT_FALSE(make_csr(KeyPair{pem}).has_value()) << pem;
  }
  EXPECT_EQ(read_certificate(std::string(1 << 20, 'A')).error().code, ErrorCode::TooLarge);
}

TEST(PkiReading, EncryptedKeysAreRefusedWithoutAsking) {
  const openssl::Pkey key = openssl::make_ec_key("P-256");
  const openssl::Bio bio{BIO_new(BIO_s_mem())};
  std::string passphrase = "x";
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), passphrase.data(), 1, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  EXPECT_FALSE(make_csr(KeyPair{std::string(text, static_cast<std::size_t>(size))}).has_value());
}

TEST_F(Pki, TruncatedCertificatesAreRefused) {
  const std::string pem = authority_.certificate_pem();
  const std::size_t body = pem.rfind("-----END");
  for (std::size_t length = 0; length < body; ++length) {
    EXPECT_FALSE(read_certificate(pem.substr(0, length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace warder::crypto

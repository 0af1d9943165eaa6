#include "manager/directory/directory.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ldap.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/text.h"
#include "manager/directory/directory_text.h"
#include "manager/directory/slapd.h"

namespace warder::manager {
namespace {

using testing::kAlicePassword;
using testing::Slapd;

constexpr Timestamp kNow{std::chrono::microseconds{1'767'225'600'000'000}};

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

/// One for all that do not change it.
const Slapd& shared() {
  static const Slapd server;
  return server;
}

Result<DirectoryPerson> authenticate(const DirectorySettings& settings, std::string_view name,
                                     std::string_view password) {
  return Directory(settings).authenticate(name, password, kNow);
}

TEST(Directory, APasswordThatIsTheirsGivesThePersonWithTheGroupsOfGroups) {
  const auto alice = authenticate(shared().settings(), "alice", kAlicePassword);
  ASSERT_TRUE(alice) << alice.error().message;
  EXPECT_EQ(alice->username, "alice");
  EXPECT_EQ(alice->display_name, "Alice Example");
  EXPECT_EQ(alice->email, "alice@example.com");
  EXPECT_EQ(alice->state, AccountState::Active);
  EXPECT_EQ(alice->subject.size(), 36U);
  const std::string end = ",ou=groups,dc=example,dc=com";
  EXPECT_EQ(sorted(alice->groups), (std::vector<std::string>{"cn=admins" + end, "cn=ops" + end, "cn=posix" + end,
                                                             "cn=ring-1" + end, "cn=ring-2" + end}));
}

TEST(Directory, AGroupOfTheSameNameElsewhereIsAnother) {
  EXPECT_EQ(authenticate(shared().settings(), "bob", "B0b-knows-it").value().groups, std::vector<std::string>{});
}

TEST(Directory, WhoIsLockedForGoodIsKnownAsThat) {
  auto reader = Directory(shared().settings()).read();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->find("carol", kNow).value().state, AccountState::Disabled);
  // This server has no policy that would refuse the password.
  const auto carol = authenticate(shared().settings(), "carol", "Car0l-knows-it");
  ASSERT_FALSE(carol);
  EXPECT_EQ(carol.error(), (Error{ErrorCode::Forbidden, "disabled in the directory"}));
}

TEST(Directory, WrongNamesAndPasswordsAreRefusedAlike) {
  const auto wrong = authenticate(shared().settings(), "alice", "wrong");
  const auto unknown = authenticate(shared().settings(), "nobody", kAlicePassword);
  EXPECT_EQ(wrong.error(), unknown.error());
  EXPECT_EQ(wrong.error().code, ErrorCode::Unauthenticated);
}

TEST(Directory, NamesAreNoFilters) {
  for (const char* name : {"*", "alic*", "alice)(uid=*", "*)(uid=alice", "alice)(|(uid=*", "a\\2ab", "", "\\61lice"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(authenticate(shared().settings(), name, kAlicePassword).error().code, ErrorCode::Unauthenticated);
  }
  EXPECT_EQ(authenticate(shared().settings(), "a*b", "St4r-knows-it").value().username, "a*b");
}

TEST(Directory, AnEmptyPasswordIsRefusedHereThoughTheServerSaysYes) {
  LDAP* ld = nullptr;
  ASSERT_EQ(ldap_initialize(&ld, shared().ldap_url().c_str()), LDAP_SUCCESS);
  int version = LDAP_VERSION3;
  ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
  berval empty{0, nullptr};
  EXPECT_EQ(ldap_sasl_bind_s(ld, "uid=alice,ou=people,dc=example,dc=com", LDAP_SASL_SIMPLE, &empty, nullptr, nullptr,
                             nullptr),
            LDAP_SUCCESS)
      << "the trap is one";
  ldap_unbind_ext(ld, nullptr, nullptr);
  EXPECT_EQ(authenticate(shared().settings(), "alice", "").error().code, ErrorCode::Unauthenticated);
  DirectorySettings nowhere = shared().settings();
  nowhere.servers = {"ldaps://127.0.0.1:" + std::to_string(testing::free_port())};
  EXPECT_EQ(authenticate(nowhere, "alice", "").error().code, ErrorCode::Unauthenticated) << "nobody was asked";
  EXPECT_EQ(authenticate(nowhere, "alice", "x").error().code, ErrorCode::Unavailable);
  auto connection = LdapConnection::open(parse_directory_server(shared().ldaps_url()).value(), shared().settings(),
                                         std::chrono::steady_clock::now() + std::chrono::seconds(10))
                        .value();
  EXPECT_EQ(connection.bind("uid=alice,ou=people,dc=example,dc=com", "").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(connection.bind("", "x").error().code, ErrorCode::Unauthenticated);
}

TEST(Directory, StartTlsProtectsAsLdapsDoes) {
  DirectorySettings settings = shared().settings();
  settings.servers = {shared().ldap_url()};
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).value().username, "alice");
}

TEST(Directory, AServerWithoutTlsIsNotTalkedToUnlessItIsOnLoopbackAndThatIsAllowed) {
  const Slapd plain({.has_tls = false});
  DirectorySettings settings = plain.settings();
  settings.servers = {plain.ldap_url()};
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).error().code, ErrorCode::Unavailable);
  settings.is_plaintext_on_loopback_allowed = true;
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).value().username, "alice");
}

TEST(Directory, ACertificateOfAnotherNameOrAuthorityIsRefused) {
  const Slapd other({.certificate_ip = "192.0.2.1"});
  for (const std::string& url : {other.ldaps_url(), other.ldap_url()}) {
    SCOPED_TRACE(url);
    DirectorySettings settings = other.settings();
    settings.servers = {url};
    const auto named = authenticate(settings, "alice", kAlicePassword);
    ASSERT_FALSE(named);
    EXPECT_NE(named.error().message.find("TLS"), std::string::npos) << named.error().message;
  }
  DirectorySettings settings = shared().settings();
  settings.ca_pem = other.settings().ca_pem;
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).error().code, ErrorCode::Unavailable);
  settings.ca_pem = "";
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).error().code, ErrorCode::Unavailable) << "the system's";
  settings.ca_pem = "none";
  EXPECT_FALSE(authenticate(settings, "alice", kAlicePassword));
}

TEST(Directory, TheEnvironmentDoesNotSayWhatIsTrusted) {
  ::setenv("LDAPTLS_REQCERT", "never", 1);
  const Slapd other({.certificate_ip = "192.0.2.1"});
  EXPECT_EQ(authenticate(other.settings(), "alice", kAlicePassword).error().code, ErrorCode::Unavailable);
  ::unsetenv("LDAPTLS_REQCERT");
}

TEST(Directory, ServersAreTriedInTurn) {
  DirectorySettings settings = shared().settings();
  settings.servers.insert(settings.servers.begin(), "ldaps://127.0.0.1:" + std::to_string(testing::free_port()));
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).value().username, "alice");
}

TEST(Directory, ASilentServerIsNotWaitedForForever) {
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(silent.get(), 8), 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  DirectorySettings settings = shared().settings();
  settings.timeout = std::chrono::milliseconds(200);
  for (const std::string& url : {"ldaps://127.0.0.1:" + port, "ldap://127.0.0.1:" + port}) {
    SCOPED_TRACE(url);
    settings.servers = {url};
    EXPECT_FALSE(authenticate(settings, "alice", kAlicePassword));
  }
  settings.timeout = std::chrono::seconds(10);
  settings.servers = {"ldaps://127.0.0.1:" + port, shared().ldaps_url()};
  settings.timeout = std::chrono::seconds(2);
  EXPECT_EQ(authenticate(settings, "alice", kAlicePassword).value().username, "alice") << "there is time for the next";
}

TEST(Directory, AnAccountThatMayNotSearchIsNamedAsThat) {
  DirectorySettings settings = shared().settings();
  settings.bind_password = "wrong";
  const auto refused = authenticate(settings, "alice", kAlicePassword);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_NE(refused.error().message.find("bind_dn"), std::string::npos);
}

TEST(Directory, ListsEverybodyInPages) {
  std::string ldif;
  for (int i = 0; i < 1234; ++i) {
    ldif += "dn: uid=p" + std::to_string(i) + ",ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: p" +
            std::to_string(i) + "\ncn: P\nsn: P\n\n";
  }
  const Slapd many({.more_ldif = ldif});
  EXPECT_EQ(Directory(many.settings()).read().value().list(kNow).value().size(), 1238U);
  DirectorySettings few = many.settings();
  few.max_people = 1237;
  EXPECT_EQ(Directory(few).read().value().list(kNow).error().code, ErrorCode::TooLarge);
}

TEST(Directory, AnEmptyOrAMissingListIsNoList) {
  DirectorySettings settings = shared().settings();
  settings.user_base = testing::kGroups;
  EXPECT_EQ(Directory(settings).read().value().list(kNow).error().code, ErrorCode::Unavailable);
  settings.user_base = "ou=gone,dc=example,dc=com";
  EXPECT_FALSE(Directory(settings).read().value().list(kNow));
}

TEST(Directory, SettingsAreChecked) {
  EXPECT_TRUE(check(shared().settings()));
  struct Case {
    const char* setting;
    void (*spoil)(DirectorySettings&);
  };
  const std::vector<Case> cases{
      {"servers", [](DirectorySettings& s) { s.servers.clear(); }},
      {"servers", [](DirectorySettings& s) { s.servers = {"http://x"}; }},
      {"servers", [](DirectorySettings& s) { s.servers = {"ldaps://x/dc=a"}; }},
      {"user_base", [](DirectorySettings& s) { s.user_base = "people"; }},
      {"user_filter", [](DirectorySettings& s) { s.user_filter = "(uid=alice)"; }},
      {"user_filter", [](DirectorySettings& s) { s.user_filter = "(uid={username}"; }},
      {"user_filter", [](DirectorySettings& s) { s.user_filter = "(uid={username}{dn})"; }},
      {"group_filter", [](DirectorySettings& s) { s.group_filter = "(objectClass=groupOfNames)"; }},
      {"bind_dn", [](DirectorySettings& s) { s.bind_dn = ""; }},
      {"bind_password", [](DirectorySettings& s) { s.bind_password = ""; }},
      {"subject_attribute", [](DirectorySettings& s) { s.subject_attribute = ""; }},
      {"username_attribute", [](DirectorySettings& s) { s.username_attribute = "uid)(x=*"; }},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.setting);
    DirectorySettings settings = shared().settings();
    each.spoil(settings);
    const auto checked = check(settings);
    ASSERT_FALSE(checked);
    EXPECT_TRUE(checked.error().message.starts_with(each.setting)) << checked.error().message;
  }
}

/// Adds entries as their administrator would, by the server's own means.
class Writer {
 public:
  Writer() {
    ldap_initialize(&ld_, shared().ldap_url().c_str());
    int version = LDAP_VERSION3;
    ldap_set_option(ld_, LDAP_OPT_PROTOCOL_VERSION, &version);
    std::string password = testing::kRootPassword;
    berval credentials{password.size(), password.data()};
    ldap_sasl_bind_s(ld_, testing::kRootDn, LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr);
  }
  ~Writer() { ldap_unbind_ext(ld_, nullptr, nullptr); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  int add(const std::string& dn, std::string cn, std::string bytes) {
    std::string object_class = "person";
    std::string sn = "x";
    int code = LDAP_OTHER;
    const auto modification = [](const char* type, berval** values) {
      LDAPMod mod{};
      mod.mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES;
      mod.mod_type = const_cast<char*>(type);
      mod.mod_vals.modv_bvals = values;
      return mod;
    };
    berval class_value{object_class.size(), object_class.data()};
    berval sn_value{sn.size(), sn.data()};
    berval cn_value{cn.size(), cn.data()};
    berval bytes_value{bytes.size(), bytes.data()};
    berval* class_values[] = {&class_value, nullptr};
    berval* sn_values[] = {&sn_value, nullptr};
    berval* cn_values[] = {&cn_value, nullptr};
    berval* byte_values[] = {&bytes_value, nullptr};
    LDAPMod mods[] = {modification("objectClass", class_values), modification("sn", sn_values),
                      modification("cn", cn_values), modification("userPassword", byte_values)};
    LDAPMod* list[] = {&mods[0], &mods[1], &mods[2], &mods[3], nullptr};
    code = ldap_add_ext_s(ld_, dn.c_str(), list, nullptr, nullptr);
    return code;
  }
  void remove(const std::string& dn) { ldap_delete_ext_s(ld_, dn.c_str(), nullptr, nullptr); }

 private:
  LDAP* ld_ = nullptr;
};

LdapConnection connect_as_root() {
  auto connection = LdapConnection::open(parse_directory_server(shared().ldaps_url()).value(), shared().settings(),
                                         std::chrono::steady_clock::now() + std::chrono::minutes(5))
                        .value();
  EXPECT_TRUE(connection.bind(testing::kRootDn, testing::kRootPassword));
  return connection;
}

const auto kNastyCharacter = rc::gen::element('a', 'B', '*', '(', ')', '\\', '\0', ',', '=', '+', '"', '#', ';', '<',
                                              '>', ' ', '&', '|', '!', '/', '\n', '\x7f', '2', '~');

/// slapd compares userPassword byte by byte, and refuses an entry whose name does not say its cn.
RC_GTEST_PROP(DirectoryEscapes, AreReadByTheServerAsTheBytesTheyWereMadeOf, ()) {
  static Writer writer;
  static LdapConnection connection = connect_as_root();
  const auto cn = *rc::gen::nonEmpty(rc::gen::container<std::string>(kNastyCharacter));
  const auto bytes =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::oneOf(kNastyCharacter, rc::gen::arbitrary<char>())));
  RC_PRE(cn.find('\0') == std::string::npos && !trim(cn).empty());
  const std::string dn = "cn=" + escape_dn_value(cn) + ",ou=elsewhere,dc=example,dc=com";
  const int code = writer.add(dn, cn, bytes);
  RC_ASSERT(code == LDAP_SUCCESS);
  const auto found = connection.search({"ou=elsewhere,dc=example,dc=com",
                                        "(userPassword=" + escape_filter_value(bytes) + ")",
                                        {"cn", "userPassword"},
                                        10,
                                        false,
                                        false});
  const auto itself = connection.search({dn, "(objectClass=*)", {"cn"}, 10, false, true});
  writer.remove(dn);
  RC_ASSERT(found.has_value());
  RC_ASSERT(found->size() == 1U);
  RC_ASSERT(found->front().first("userpassword") == bytes);
  RC_ASSERT(found->front().first("cn") == cn);
  RC_ASSERT(itself.has_value() && itself->size() == 1U);
  RC_ASSERT(normal_dn(itself->front().dn).value() == normal_dn(dn).value());
}

/// Whatever is typed finds nobody but who is called that.
RC_GTEST_PROP(DirectoryEscapes, ANameFindsNobodyElse, ()) {
  static DirectoryReader reader = Directory(shared().settings()).read().value();
  const auto name = *rc::gen::nonEmpty(rc::gen::container<std::string>(kNastyCharacter));
  const auto found = reader.find(name, kNow);
  if (found) {
    RC_ASSERT(to_lower_ascii(trim(name)) == to_lower_ascii(found->username));
  } else {
    RC_ASSERT(found.error().code == ErrorCode::NotFound);
  }
}

}  // namespace
}  // namespace warder::manager

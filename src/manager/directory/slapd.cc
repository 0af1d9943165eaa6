#include "manager/directory/slapd.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/process.h"
#include "crypto/pki.h"
#include "manager/directory/server_socket.h"

namespace warder::manager::testing {
namespace {

constexpr const char* kTree = R"(dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: ou=elsewhere,dc=example,dc=com
objectClass: organizationalUnit
ou: elsewhere

dn: uid=alice,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: alice
cn: Alice Example
sn: Example
mail: alice@example.com
userPassword: Al1ce-knows-it

dn: uid=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bob
cn: Bob Example
sn: Example
userPassword: B0b-knows-it

dn: uid=carol,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: carol
cn: Carol Example
sn: Example
userPassword: Car0l-knows-it
pwdAccountLockedTime: 000001010000Z

dn: uid=a*b,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: a*b
cn: Star
sn: Example
userPassword: St4r-knows-it

dn: cn=ops,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: ops
member: uid=alice,ou=people,dc=example,dc=com

dn: cn=admins,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: admins
member: cn=ops,ou=groups,dc=example,dc=com

dn: cn=ring-1,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: ring-1
member: cn=admins,ou=groups,dc=example,dc=com
member: cn=ring-2,ou=groups,dc=example,dc=com

dn: cn=ring-2,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: ring-2
member: cn=ring-1,ou=groups,dc=example,dc=com

dn: cn=posix,ou=groups,dc=example,dc=com
objectClass: posixGroup
cn: posix
gidNumber: 100
memberUid: alice

dn: cn=ops,ou=elsewhere,dc=example,dc=com
objectClass: groupOfNames
cn: ops
member: uid=bob,ou=people,dc=example,dc=com

)";

[[noreturn]] void give_up(const std::string& why) {
  static_cast<void>(std::fprintf(stderr, "%s\n", why.c_str()));
  std::abort();
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path} << text;
}

bool is_listening(int port) {
  return connect_to_server({"127.0.0.1", static_cast<std::uint16_t>(port)},
                           std::chrono::steady_clock::now() + std::chrono::seconds(1))
      .has_value();
}

}  // namespace

int free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no free port");
  }
  return ntohs(address.sin_port);
}

Slapd::Slapd(const SlapdOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  std::string pattern = (std::filesystem::temp_directory_path() / "warder-slapd-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("mkdtemp failed");
  folder_ = pattern;
  write_configuration(options);
  load(kTree + options.more_ldif);
  start(options.has_tls);
}

Slapd::~Slapd() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::filesystem::remove_all(folder_);
}

void Slapd::write_configuration(const SlapdOptions& options) {
  std::filesystem::create_directory(folder_ / "db");
  std::string text =
      "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
      "include /etc/ldap/schema/nis.schema\ninclude /etc/ldap/schema/inetorgperson.schema\n"
      "modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n"
      // As careless as servers in the field are: an empty password is somebody without a name.
      "allow bind_anon_cred bind_anon_dn\n";
  if (options.has_tls) {
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    const Timestamp from = now - std::chrono::hours(1);
    const Timestamp to = now + std::chrono::hours(24);
    const auto authority = crypto::CertificateAuthority::create("Directory CA", from, to).value();
    ca_pem_ = authority.certificate_pem();
    const crypto::KeyPair key = crypto::KeyPair::generate();
    write(folder_ / "cert.pem",
          authority.issue(key, {"slapd", {}, {options.certificate_ip}, {}, from, to, true}).value());
    write(folder_ / "key.pem", key.private_pem);
    write(folder_ / "ca.pem", ca_pem_);
    text += fmt::format(
        "TLSCACertificateFile {0}/ca.pem\nTLSCertificateFile {0}/cert.pem\nTLSCertificateKeyFile {0}/key.pem\n",
        folder_.string());
  }
  text += fmt::format(
      "database mdb\nsuffix dc=example,dc=com\nrootdn {}\nrootpw {}\ndirectory {}/db\nmaxsize 67108864\n"
      "dbnosync\noverlay ppolicy\n",
      kRootDn, kRootPassword, folder_.string());
  write(folder_ / "slapd.conf", text);
}

void Slapd::load(const std::string& ldif) const {
  const auto run = run_process({"/usr/sbin/slapadd", "-q", "-f", (folder_ / "slapd.conf").string()},
                               {.input = ldif, .environment = {}});
  if (!run || run->exit_code != 0) give_up("slapadd: " + (run ? run->err : run.error().message));
}

void Slapd::start(bool has_tls) {
  ldap_port_ = free_port();
  ldaps_port_ = free_port();
  const std::string urls = ldap_url() + (has_tls ? " " + ldaps_url() : "");
  const std::string configuration = (folder_ / "slapd.conf").string();
  process_ = ::fork();
  if (process_ == 0) {
    ::execl("/usr/sbin/slapd", "slapd", "-d", "0", "-f", configuration.c_str(), "-h", urls.c_str(), nullptr);
    ::_exit(127);
  }
  while (!is_listening(ldap_port_) || (has_tls && !is_listening(ldaps_port_))) {
    if (::waitpid(process_, nullptr, WNOHANG) != 0) give_up("slapd does not start");
    ::usleep(10'000);
  }
}

DirectorySettings Slapd::settings() const {
  DirectorySettings settings = usual_settings(DirectorySchema::Generic);
  settings.servers = {ldaps_url()};
  settings.ca_pem = ca_pem_;
  settings.bind_dn = kRootDn;
  settings.bind_password = kRootPassword;
  settings.user_base = kPeople;
  settings.group_base = kGroups;
  return settings;
}

}  // namespace warder::manager::testing

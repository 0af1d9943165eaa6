#include "manager/directory/ldap_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <ldap.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "manager/directory/watchdog.h"

// Declared in openldap.h, which Debian keeps beside ldap.h.
#include <openldap.h>

namespace warder::manager {
namespace {

constexpr ber_len_t kMaxMessageBytes = 4 << 20;
constexpr ber_int_t kPageSize = 500;
constexpr std::size_t kMaxEmptyPages = 100;

struct FreeMessage {
  void operator()(LDAPMessage* message) const noexcept { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

timeval as_timeval(std::chrono::milliseconds time) {
  return {time.count() / 1000, time.count() % 1000 * 1000};
}

Error meaning_of(int code, std::string_view what) {
  const std::string text = fmt::format("{}: {}", what, ldap_err2string(code));
  switch (code) {
    case LDAP_INVALID_CREDENTIALS:
      return {ErrorCode::Unauthenticated, text};
    case LDAP_NO_SUCH_OBJECT:
      return {ErrorCode::NotFound, text};
    case LDAP_TIMEOUT:
      return {ErrorCode::Timeout, text};
    case LDAP_SIZELIMIT_EXCEEDED:
      return {ErrorCode::TooLarge, text};
    case LDAP_FILTER_ERROR:
    case LDAP_INVALID_DN_SYNTAX:
      return {ErrorCode::Invalid, text};
    default:
      return {ErrorCode::Unavailable, text};
  }
}

}  // namespace

struct LdapConnection::State {
  State() = default;
  ~State() {
    if (ld != nullptr) ldap_unbind_ext(ld, nullptr, nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> set(int option, const void* value, std::string_view what) const {
    if (ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS) return {};
    return fail(ErrorCode::Internal, fmt::format("libldap does not take {}", what));
  }
  Result<void> set(int option, int value, std::string_view what) const { return set(option, &value, what); }

  Result<void> attach(ServerSocket socket, const DirectoryServer& server, Deadline deadline);
  Result<void> limit() const;
  Result<void> protect(const DirectoryServer& server, const std::string& ca_pem);
  Result<void> trust(const std::string& ca_pem);
  Result<void> start_tls();
  /// The next message of the operation: an entry, a reference or the result.
  Result<Message> next(int id);
  Result<void> finish(int id, std::string_view what);
  Result<void> read_page(const DirectorySearch& search, std::string& cookie, std::vector<DirectoryEntry>& entries);
  Result<int> begin(const DirectorySearch& search, const std::string& cookie);
  Result<void> end_page(LDAPMessage* message, const DirectorySearch& search, std::string& cookie);
  [[nodiscard]] DirectoryEntry entry_of(LDAPMessage* message) const;
  tl::unexpected<Error> broken(int code, std::string_view what);

  LDAP* ld = nullptr;
  std::unique_ptr<Watchdog> watchdog;
  // libldap would connect anew by itself, without TLS.
  bool is_broken = false;
};

tl::unexpected<Error> LdapConnection::State::broken(int code, std::string_view what) {
  is_broken = true;
  return fail(meaning_of(watchdog->has_bitten() ? LDAP_TIMEOUT : code, what));
}

Result<void> LdapConnection::State::attach(ServerSocket socket, const DirectoryServer& server, Deadline deadline) {
  // With "ldap" libldap leaves TLS to us in both cases; of the URL it takes the name that the certificate must bear.
  const std::string url = "ldap://" + server.at.text();
  if (::fcntl(socket.fd.get(), F_SETFL, 0) != 0) return fail_errno("fcntl", errno);
  watchdog = std::make_unique<Watchdog>(socket.fd.get(), deadline);
  if (!watchdog->is_open()) return fail(ErrorCode::Unavailable, "no descriptor left");
  const int code = ldap_init_fd(socket.fd.get(), LDAP_PROTO_TCP, url.c_str(), &ld);
  if (code != LDAP_SUCCESS) return fail(ErrorCode::Internal, "libldap does not take the connection");
  socket.fd.release();
  return {};
}

Result<void> LdapConnection::State::limit() const {
  WD_TRY(set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3, "version 3"));
  WD_TRY(set(LDAP_OPT_REFERRALS, LDAP_OPT_OFF, "no referrals"));
  WD_TRY(set(LDAP_OPT_DEREF, LDAP_DEREF_NEVER, "no aliases"));
  WD_TRY(set(LDAP_OPT_SIZELIMIT, LDAP_NO_LIMIT, "a size limit"));
  WD_TRY(set(LDAP_OPT_TIMELIMIT, LDAP_NO_LIMIT, "a time limit"));
  // None of libldap's own: with GnuTLS it would ask a silent server's socket without a pause.
  const timeval never{-1, 0};
  WD_TRY(set(LDAP_OPT_NETWORK_TIMEOUT, &never, "no network time-out"));
  Sockbuf* buffer = nullptr;
  ber_len_t max_bytes = kMaxMessageBytes;
  if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS || buffer == nullptr ||
      ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &max_bytes) != 1) {
    return fail(ErrorCode::Internal, "libldap does not take a limit for messages");
  }
  return {};
}

Result<void> LdapConnection::State::trust(const std::string& ca_pem) {
  // Whatever the machine's ldap.conf and the environment say.
  WD_TRY(set(LDAP_OPT_X_TLS_CACERTDIR, nullptr, "no folder of certificates"));
  WD_TRY(set(LDAP_OPT_X_TLS_CERTFILE, nullptr, "no certificate of its own"));
  WD_TRY(set(LDAP_OPT_X_TLS_KEYFILE, nullptr, "no key of its own"));
  WD_TRY(set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND, "a certificate that holds"));
  WD_TRY(set(LDAP_OPT_X_TLS_REQUIRE_SAN, LDAP_OPT_X_TLS_DEMAND, "a certificate with names"));
  WD_TRY(set(LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, "TLS 1.2"));
  UniqueFd file;
  std::string path = "/etc/ssl/certs/ca-certificates.crt";
  if (!ca_pem.empty()) {
    file = UniqueFd(::memfd_create("directory-ca", MFD_CLOEXEC));
    if (!file.is_open()) return fail_errno("memfd_create", errno);
    if (::write(file.get(), ca_pem.data(), ca_pem.size()) != static_cast<ssize_t>(ca_pem.size()))
      return fail(ErrorCode::Unavailable, "no memory for certificates");
    path = fmt::format("/proc/self/fd/{}", file.get());
  }
  WD_TRY(set(LDAP_OPT_X_TLS_CACERTFILE, path.c_str(), "a file of certificates"));
  int is_server = 0;  // makes a context with all of the above, now
  if (ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &is_server) != LDAP_OPT_SUCCESS)
    return fail(ErrorCode::Invalid, "ca_certificates: no certificates in PEM");
  return {};
}

Result<void> LdapConnection::State::start_tls() {
  int id = 0;
  if (const int code = ldap_start_tls(ld, nullptr, nullptr, &id); code != LDAP_SUCCESS) return broken(code, "StartTLS");
  return finish(id, "StartTLS");
}

Result<void> LdapConnection::State::protect(const DirectoryServer& server, const std::string& ca_pem) {
  WD_TRY(trust(ca_pem));
  if (!server.is_ldaps) WD_TRY(start_tls());
  if (const int code = ldap_install_tls(ld); code != LDAP_SUCCESS) {
    char* why = nullptr;
    ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &why);
    const std::string text = why == nullptr ? ldap_err2string(code) : why;
    ldap_memfree(why);
    if (watchdog->has_bitten()) return fail(ErrorCode::Timeout, "TLS: the server does not answer");
    return fail(ErrorCode::Unavailable, "TLS: " + escape_non_utf8(text));
  }
  if (ldap_tls_inplace(ld) != 1) return fail(ErrorCode::Unavailable, "TLS: not in place");
  return {};
}

Result<Message> LdapConnection::State::next(int id) {
  timeval left = as_timeval(time_left(watchdog->deadline()));
  LDAPMessage* message = nullptr;
  const int kind = ldap_result(ld, id, LDAP_MSG_ONE, &left, &message);
  Message owner(message);
  if (kind == 0) return broken(LDAP_TIMEOUT, "the server");
  if (kind < 0) {
    int code = LDAP_SERVER_DOWN;
    ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
    return broken(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code, "the server");
  }
  return owner;
}

Result<void> LdapConnection::State::finish(int id, std::string_view what) {
  const Message message = WD_TRY(next(id));
  int code = LDAP_OTHER;
  if (const int parsed = ldap_parse_result(ld, message.get(), &code, nullptr, nullptr, nullptr, nullptr, 0);
      parsed != LDAP_SUCCESS) {
    return broken(parsed, what);
  }
  if (code != LDAP_SUCCESS) return fail(meaning_of(code, what));
  return {};
}

DirectoryEntry LdapConnection::State::entry_of(LDAPMessage* message) const {
  DirectoryEntry entry;
  char* const dn = ldap_get_dn(ld, message);
  if (dn != nullptr) entry.dn = dn;
  ldap_memfree(dn);
  BerElement* place = nullptr;
  for (char* name = ldap_first_attribute(ld, message, &place); name != nullptr;
       name = ldap_next_attribute(ld, message, place)) {
    std::vector<std::string>& values = entry.attributes[to_lower_ascii(name)];
    berval** const found = ldap_get_values_len(ld, message, name);
    for (int i = 0; found != nullptr && found[i] != nullptr; ++i)
      values.emplace_back(found[i]->bv_val, found[i]->bv_len);
    ldap_value_free_len(found);
    ldap_memfree(name);
  }
  ber_free(place, 0);
  return entry;
}

Result<int> LdapConnection::State::begin(const DirectorySearch& search, const std::string& cookie) {
  std::vector<std::string> names = search.attributes;
  std::vector<char*> attributes;
  for (std::string& name : names) attributes.push_back(name.data());
  attributes.push_back(nullptr);
  LDAPControl* page = nullptr;
  if (search.is_paged) {
    std::string own = cookie;
    berval value{own.size(), own.data()};
    if (ldap_create_page_control(ld, kPageSize, &value, 1, &page) != LDAP_SUCCESS)
      return fail(ErrorCode::Internal, "libldap makes no page control");
  }
  LDAPControl* controls[] = {page, nullptr};
  int id = 0;
  // One more than wanted shows that there are too many.
  const int limit = search.is_paged ? LDAP_NO_LIMIT : static_cast<int>(search.max_entries) + 1;
  const int code = ldap_search_ext(ld, search.base.c_str(), search.is_base_only ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE,
                                   search.filter.c_str(), attributes.data(), 0, page == nullptr ? nullptr : controls,
                                   nullptr, nullptr, limit, &id);
  ldap_control_free(page);
  if (code == LDAP_FILTER_ERROR) return fail(meaning_of(code, "search"));
  if (code != LDAP_SUCCESS) return broken(code, "search");
  return id;
}

Result<void> LdapConnection::State::end_page(LDAPMessage* message, const DirectorySearch& search, std::string& cookie) {
  int code = LDAP_OTHER;
  LDAPControl** controls = nullptr;
  if (const int parsed = ldap_parse_result(ld, message, &code, nullptr, nullptr, nullptr, &controls, 0);
      parsed != LDAP_SUCCESS) {
    return broken(parsed, "search");
  }
  const std::unique_ptr<LDAPControl*, decltype(&ldap_controls_free)> owner(controls, &ldap_controls_free);
  if (code != LDAP_SUCCESS) return fail(meaning_of(code, "search"));
  if (!search.is_paged) return {};
  LDAPControl* const page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
  // A server that knows no pages may have left off the rest.
  if (page == nullptr) return fail(ErrorCode::Unavailable, "search: the server does not answer in pages (RFC 2696)");
  ber_int_t estimate = 0;
  berval next_cookie{0, nullptr};
  if (ldap_parse_pageresponse_control(ld, page, &estimate, &next_cookie) != LDAP_SUCCESS)
    return fail(ErrorCode::Unavailable, "search: a page that cannot be read");
  if (next_cookie.bv_len > 0) cookie.assign(next_cookie.bv_val, next_cookie.bv_len);
  ber_memfree(next_cookie.bv_val);
  return {};
}

Result<void> LdapConnection::State::read_page(const DirectorySearch& search, std::string& cookie,
                                              std::vector<DirectoryEntry>& entries) {
  const int id = WD_TRY(begin(search, std::exchange(cookie, {})));
  while (true) {
    const Message message = WD_TRY(next(id));
    const int kind = ldap_msgtype(message.get());
    if (kind == LDAP_RES_SEARCH_RESULT) return end_page(message.get(), search, cookie);
    if (kind != LDAP_RES_SEARCH_ENTRY) continue;  // a reference to another server
    if (entries.size() == search.max_entries) {
      is_broken = true;
      return fail(ErrorCode::TooLarge, fmt::format("search: more than {} entries", search.max_entries));
    }
    entries.push_back(entry_of(message.get()));
  }
}

LdapConnection::LdapConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
LdapConnection::LdapConnection(LdapConnection&&) noexcept = default;
LdapConnection& LdapConnection::operator=(LdapConnection&&) noexcept = default;
LdapConnection::~LdapConnection() = default;

Result<LdapConnection> LdapConnection::open(const DirectoryServer& server, const DirectorySettings& settings,
                                            Deadline deadline) {
  ServerSocket socket = WD_TRY(connect_to_server(server.at, deadline).in(server.url()));
  const bool is_plain = !server.is_ldaps && settings.is_plaintext_on_loopback_allowed && socket.is_loopback;
  auto state = std::make_unique<State>();
  WD_TRY(state->attach(std::move(socket), server, deadline).in(server.url()));
  WD_TRY(state->limit().in(server.url()));
  if (!is_plain) WD_TRY(state->protect(server, settings.ca_pem).in(server.url()));
  return LdapConnection(std::move(state));
}

void LdapConnection::extend(Deadline deadline) noexcept {
  state_->watchdog->extend(deadline);
}

Result<void> LdapConnection::bind(const std::string& dn, const std::string& password) {
  if (dn.empty() || password.empty()) return fail(ErrorCode::Unauthenticated, "bind: no name or no password");
  if (state_->is_broken) return fail(ErrorCode::Unavailable, "bind: the connection has ended");
  std::string own = password;
  berval credentials{own.size(), own.data()};
  int id = 0;
  const int code = ldap_sasl_bind(state_->ld, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  ::explicit_bzero(own.data(), own.size());
  if (code != LDAP_SUCCESS) return state_->broken(code, "bind");
  return state_->finish(id, "bind");
}

Result<std::vector<DirectoryEntry>> LdapConnection::search(const DirectorySearch& search) {
  std::vector<DirectoryEntry> entries;
  std::string cookie;
  std::size_t empty_pages = 0;
  do {
    if (state_->is_broken) return fail(ErrorCode::Unavailable, "search: the connection has ended");
    const std::size_t before = entries.size();
    WD_TRY(state_->read_page(search, cookie, entries));
    if (entries.size() == before && ++empty_pages > kMaxEmptyPages)
      return fail(ErrorCode::Unavailable, "search: pages without an end");
  } while (!cookie.empty());
  return entries;
}

}  // namespace warder::manager

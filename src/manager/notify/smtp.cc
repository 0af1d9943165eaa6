#include "manager/notify/smtp.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

namespace warder::manager {
namespace {

constexpr std::chrono::milliseconds kConnect{10'000};

struct CloseEasy {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

/// One mail on its way.
struct Exchange {
  const MailServer* server;
  const std::stop_token* stop;
  std::string_view left;
  bool has_forbidden = false;
};

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t taken = std::min(size * count, exchange.left.size());
  std::memcpy(buffer, exchange.left.data(), taken);
  exchange.left.remove_prefix(taken);
  return taken;
}

std::size_t on_answer(char* /*bytes*/, std::size_t size, std::size_t count, void* /*self*/) {
  return size * count;
}

int on_progress(void* self, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up*/, curl_off_t /*up_now*/) {
  return static_cast<Exchange*>(self)->stop->stop_requested() ? 1 : 0;
}

bool may_connect(const MailServer& server, const IpAddress& address) {
  if (server.security == MailSecurity::Loopback && !address.is_loopback()) return false;
  return !server.may_reach || server.may_reach(address);
}

// The address is the one that is connected to: whatever the resolver says later does not count.
curl_socket_t on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  const auto plain = sinks::from_native(address->addr);
  if (!plain || !may_connect(*exchange.server, *plain)) {
    exchange.has_forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::string url_of(const MailServer& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  return std::string(server.security == MailSecurity::Tls ? "smtps://" : "smtp://") +
         (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

void set_options(CURL* curl, Exchange& exchange, std::chrono::milliseconds patience, char* why) {
  const MailServer& server = *exchange.server;
  set(curl, CURLOPT_URL, url_of(server).c_str());
  set(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(curl, CURLOPT_PROXY, "");  // none of the environment's
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_ERRORBUFFER, why);
  set(curl, CURLOPT_USE_SSL, server.security == MailSecurity::Loopback ? long{CURLUSESSL_NONE} : long{CURLUSESSL_ALL});
  set(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(curl, CURLOPT_TIMEOUT_MS, long{patience.count()});
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, long{std::min(patience, kConnect).count()});
  set(curl, CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(curl, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  set(curl, CURLOPT_READFUNCTION, &on_read);
  set(curl, CURLOPT_READDATA, static_cast<void*>(&exchange));
  set(curl, CURLOPT_WRITEFUNCTION, &on_answer);
  set(curl, CURLOPT_UPLOAD, 1L);
  set(curl, CURLOPT_NOPROGRESS, 0L);
  set(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(curl, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
  if (!server.username.empty()) {
    set(curl, CURLOPT_USERNAME, server.username.c_str());
    set(curl, CURLOPT_PASSWORD, server.password.c_str());
  }
  if (server.ca_pem.empty()) return;
  curl_blob blob{const_cast<char*>(server.ca_pem.data()), server.ca_pem.size(), CURL_BLOB_NOCOPY};
  set(curl, CURLOPT_CAINFO_BLOB, &blob);
  set(curl, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

ErrorCode meaning_of(CURLcode code, long answer) noexcept {
  if (code == CURLE_OPERATION_TIMEDOUT) return ErrorCode::Timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_LOGIN_DENIED) return ErrorCode::Unauthenticated;
  // Of the mail or of who gets it, and for good (RFC 5321 §4.2.3).
  if (answer >= 550 && answer <= 556 && answer != 551) return ErrorCode::Invalid;
  return ErrorCode::Unavailable;
}

}  // namespace

Result<void> send_mail(const MailServer& server, const std::string& from, const std::vector<std::string>& to,
                       const std::string& text, std::chrono::milliseconds patience, const std::stop_token& stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, CloseEasy> curl(curl_easy_init());
  if (!curl) return fail(ErrorCode::Internal, "libcurl does not start");
  Exchange exchange{&server, &stop, text};
  std::array<char, CURL_ERROR_SIZE> why{};
  set_options(curl.get(), exchange, patience, why.data());
  std::unique_ptr<curl_slist, FreeList> recipients;
  for (const std::string& each : to)
    recipients.reset(curl_slist_append(recipients.release(), ("<" + each + ">").c_str()));
  const std::string sender = "<" + from + ">";
  set(curl.get(), CURLOPT_MAIL_FROM, sender.c_str());
  set(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  const std::string name = server.host + ":" + std::to_string(server.port) + ": ";
  if (exchange.has_forbidden)
    return fail(ErrorCode::Forbidden, name + "is at an address that notices may not be sent to");
  if (stop.stop_requested()) return fail(ErrorCode::Unavailable, name + "stopped");
  long answer = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
  return fail(meaning_of(code, answer), name + (why[0] != '\0' ? why.data() : curl_easy_strerror(code)));
}

}  // namespace warder::manager

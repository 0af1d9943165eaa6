#include "manager/sso/https_fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>

namespace warder::manager {

namespace {

struct Transfer {
  const FetchOptions& options;
  std::string body{};
  bool is_too_large = false;
  bool is_forbidden = false;
};

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.is_too_large = transfer.body.size() + size * count > transfer.options.max_bytes;
  if (transfer.is_too_large) return 0;
  transfer.body.append(data, size * count);
  return size * count;
}

IpAddress address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return IpAddress::v4(ntohl(in.sin_addr.s_addr));
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

/// Looks at the address that is connected to, after the name was resolved: a name may give another one each time.
curl_socket_t on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const bool is_ip = address->family == AF_INET || address->family == AF_INET6;
  const IpAddress ip = is_ip ? address_of(address->addr) : IpAddress();
  const bool is_allowed =
      is_ip && (is_public(ip) || std::ranges::any_of(transfer.options.allowed_networks,
                                                     [&](const IpPrefix& network) { return network.contains(ip); }));
  if (!is_allowed) {
    transfer.is_forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void set_limits(CURL* curl, const FetchOptions& options) {
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_PROTOCOLS_STR, "https");
  set(curl, CURLOPT_PROXY, "");  // the check of addresses would see the proxy's
  set(curl, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    set(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    set(curl, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  set(curl, CURLOPT_TIMEOUT, long{options.timeout.count()});
  set(curl, CURLOPT_CONNECTTIMEOUT, long{options.timeout.count()});
  set(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_bytes));
  set(curl, CURLOPT_USERAGENT, "warder-manager/" WARDER_VERSION);
  set(curl, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
}

std::string without_query(const std::string& url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

Result<FetchAnswer> fetch(const FetchRequest& request, const FetchOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::string place = without_query(request.url);
  if (!request.url.starts_with("https://")) return fail(ErrorCode::Invalid, place + ": not an https URL");
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return fail(ErrorCode::Internal, "curl: no handle");
  Transfer transfer{options};
  set_limits(curl.get(), options);
  set(curl.get(), CURLOPT_URL, request.url.c_str());
  set(curl.get(), CURLOPT_WRITEFUNCTION, &on_body);
  set(curl.get(), CURLOPT_WRITEDATA, &transfer);
  set(curl.get(), CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(curl.get(), CURLOPT_OPENSOCKETDATA, &transfer);
  curl_slist* list = curl_slist_append(nullptr, "Accept: application/json");
  if (!request.authorization.empty())
    list = curl_slist_append(list, ("Authorization: " + request.authorization).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list, &curl_slist_free_all);
  set(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  if (!request.form.empty()) {
    set(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.form.size()));
    set(curl.get(), CURLOPT_POSTFIELDS, request.form.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK && transfer.is_forbidden)
    return fail(ErrorCode::Forbidden, place + ": an address that the operator of this manager does not allow");
  if (transfer.is_too_large || code == CURLE_FILESIZE_EXCEEDED)
    return fail(ErrorCode::TooLarge, place + ": the answer is too large");
  if (code == CURLE_OPERATION_TIMEDOUT) return fail(ErrorCode::Timeout, place + ": no answer in time");
  if (code != CURLE_OK) return fail(ErrorCode::Unavailable, place + ": " + curl_easy_strerror(code));
  FetchAnswer answer{0, std::move(transfer.body)};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Fetch make_fetch(FetchOptions options, std::size_t at_once) {
  const auto free = std::make_shared<std::atomic<std::ptrdiff_t>>(static_cast<std::ptrdiff_t>(at_once));
  return [options = std::move(options), free](const FetchRequest& request) -> Result<FetchAnswer> {
    const bool is_free = --*free >= 0;
    const auto give_back = [&free](const bool* /*unused*/) { ++*free; };
    const std::unique_ptr<const bool, decltype(give_back)> guard(&is_free, give_back);
    if (!is_free) return fail(ErrorCode::Unavailable, "too many questions to identity providers at the moment");
    return fetch(request, options);
  };
}

}  // namespace warder::manager

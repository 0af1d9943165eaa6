#include "manager/siem/http_client.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/text.h"
#include "crypto/tls.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kConnect{10'000};
constexpr seconds kLongestRetryAfter{3600};
constexpr std::size_t kMaxHeadBytes = 65'536;

struct CloseEasy {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

void add(Headers& headers, const std::string& line) {
  headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

Url parse_url(const std::string& text) {
  Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) url.reset();
  return url;
}

/// One request while it runs.
struct Exchange {
  const sinks::MayReach* may_reach;
  const std::stop_token* stop;
  std::string body;
  std::size_t head_bytes = 0;
  bool is_too_large = false;
  bool has_forbidden = false;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.is_too_large = exchange.body.size() + size * count > kMaxHttpAnswerBytes;
  if (exchange.is_too_large) return 0;
  exchange.body.append(bytes, size * count);
  return size * count;
}

std::size_t on_head(char* /*bytes*/, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.head_bytes += size * count;
  exchange.is_too_large = exchange.head_bytes > kMaxHeadBytes;
  return exchange.is_too_large ? 0 : size * count;
}

int on_progress(void* self, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up*/, curl_off_t /*up_now*/) {
  return static_cast<Exchange*>(self)->stop->stop_requested() ? 1 : 0;
}

// The address is the one that is connected to: whatever the resolver says later does not count.
curl_socket_t on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  const auto plain = sinks::from_native(address->addr);
  if (!plain || (*exchange.may_reach && !(*exchange.may_reach)(*plain))) {
    exchange.has_forbidden = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

ErrorCode meaning_of(CURLcode code) noexcept {
  if (code == CURLE_OPERATION_TIMEDOUT) return ErrorCode::Timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION) return ErrorCode::Unauthenticated;
  return ErrorCode::Unavailable;
}

bool is_token(std::string_view text) {
  static constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

}  // namespace

struct HttpClient::State {
  HttpPeer peer;
  std::string name;
  std::unique_ptr<CURL, CloseEasy> curl;
  steady_clock::time_point not_before;

  void set_limits(Exchange& exchange, milliseconds patience, char* why) const {
    CURL* const handle = curl.get();
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_ERRORBUFFER, why);
    set(handle, CURLOPT_PROTOCOLS_STR, peer.allows_plain ? "http,https" : "https");
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_PROXY, "");  // none of the environment's
    set(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set(handle, CURLOPT_TIMEOUT_MS, long{patience.count()});
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, long{std::min(patience, kConnect).count()});
    set(handle, CURLOPT_WRITEFUNCTION, &on_body);
    set(handle, CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_HEADERFUNCTION, &on_head);
    set(handle, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_OPENSOCKETFUNCTION, &on_open);
    set(handle, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_NOPROGRESS, 0L);
    set(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
    set(handle, CURLOPT_USERAGENT, "warder-manager/" WARDER_VERSION);
    if (peer.ca_pem.empty()) return;
    curl_blob blob{const_cast<char*>(peer.ca_pem.data()), peer.ca_pem.size(), CURL_BLOB_NOCOPY};
    set(handle, CURLOPT_CAINFO_BLOB, &blob);
    set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }

  [[nodiscard]] Error error_of(CURLcode code, const Exchange& exchange, const char* why) const {
    if (exchange.has_forbidden)
      return {ErrorCode::Forbidden, name + ": is at an address that this tenant's events may not be sent to"};
    if (exchange.is_too_large) return {ErrorCode::TooLarge, name + ": the answer is too large"};
    if (exchange.stop->stop_requested()) return {ErrorCode::Unavailable, name + ": stopped"};
    return {meaning_of(code), name + ": " + (*why != '\0' ? why : curl_easy_strerror(code))};
  }
};

HttpClient::HttpClient(HttpPeer peer) : state_(std::make_unique<State>()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  state_->peer = std::move(peer);
  if (const Url url = parse_url(state_->peer.url))
    state_->name = part_of(url.get(), CURLUPART_HOST) + ":" + part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

HttpClient::~HttpClient() = default;

const std::string& HttpClient::name() const noexcept {
  return state_->name;
}

Result<PostAnswer> HttpClient::post(const Post& request, milliseconds patience, const std::stop_token& stop) {
  const auto wait = std::chrono::ceil<seconds>(state_->not_before - steady_clock::now());
  if (wait.count() > 0)
    return fail(ErrorCode::TooMany, name() + ": asks to wait " + std::to_string(wait.count()) + " s more");
  WD_TRY(check_http_url(request.url, state_->peer.allows_plain));
  if (!state_->curl) state_->curl.reset(curl_easy_init());
  if (!state_->curl) return fail(ErrorCode::Internal, "libcurl does not start");
  CURL* const curl = state_->curl.get();
  curl_easy_reset(curl);  // the connection stays
  Exchange exchange{&state_->peer.may_reach, &stop, {}};
  std::array<char, CURL_ERROR_SIZE> why{};
  state_->set_limits(exchange, std::max(patience, milliseconds(1)), why.data());
  Headers headers;
  add(headers, "Expect:");
  add(headers, "Content-Type: " + request.content_type);
  for (const auto& [key, value] : request.headers) add(headers, key + ": " + value);
  set(curl, CURLOPT_HTTPHEADER, headers.get());
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(curl, CURLOPT_POSTFIELDS, request.body.data());
  if (request.signature) {
    const std::string signer = "aws:amz:" + request.signature->region + ":" + request.signature->service;
    set(curl, CURLOPT_AWS_SIGV4, signer.c_str());
    set(curl, CURLOPT_USERNAME, request.signature->access_key_id.c_str());
    set(curl, CURLOPT_PASSWORD, request.signature->secret_access_key.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    const Error error = state_->error_of(code, exchange, why.data());
    state_->curl.reset();  // no half-used connection, and nothing that points to what ends here
    return fail(error);
  }
  PostAnswer answer;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  if (answer.status == 429 || answer.status == 503)
    state_->not_before = steady_clock::now() + std::clamp(seconds(retry_after), seconds(0), kLongestRetryAfter);
  curl_easy_reset(curl);
  answer.body = std::move(exchange.body);
  return answer;
}

Error HttpClient::status_error(long status) const {
  const std::string said = name() + ": HTTP " + std::to_string(status);
  if (status >= 300 && status < 400) return {ErrorCode::Invalid, said + ": a redirect, which is not followed"};
  switch (status) {
    case 401:
    case 407:
      return {ErrorCode::Unauthenticated, said + ": does not know who sends"};
    case 403:
      return {ErrorCode::Forbidden, said + ": does not let the sender"};
    case 404:
    case 405:
    case 410:
      return {ErrorCode::NotFound, said + ": nothing takes events there"};
    case 408:
      return {ErrorCode::Timeout, said};
    case 429:
      return {ErrorCode::TooMany, said + ": asks to send less"};
    default:
      return {status < 500 ? ErrorCode::Invalid : ErrorCode::Unavailable, said};
  }
}

Result<void> check_http_url(const std::string& url, bool allows_plain) {
  const auto is_plain_text = [](char c) { return c > ' ' && c < '\x7f'; };
  const Url parsed = std::ranges::all_of(url, is_plain_text) ? parse_url(url) : Url();
  if (!parsed) return fail(ErrorCode::Invalid, "is no address of the web");
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  if (scheme == "http" && !allows_plain) return fail(ErrorCode::Invalid, "http is off: https, or allow_http");
  if (scheme != "https" && scheme != "http") return fail(ErrorCode::Invalid, "is no https address");
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT, CURLUPART_OPTIONS}) {
    if (!part_of(parsed.get(), part).empty())
      return fail(ErrorCode::Invalid, "has a user, a password or a fragment; what is secret belongs into the secret");
  }
  return {};
}

Result<void> check_http_root(const std::string& url, bool allows_plain) {
  WD_TRY(check_http_url(url, allows_plain));
  if (url.find('?') != std::string::npos) return fail(ErrorCode::Invalid, "has a query");
  return {};
}

Result<std::pair<std::string, std::string>> parse_http_header(std::string_view line) {
  static constexpr std::array<std::string_view, 10> kOwn{"host",       "content-length",   "content-type", "expect",
                                                         "connection", "user-agent",       "te",           "trailer",
                                                         "upgrade",    "transfer-encoding"};
  const std::size_t colon = line.find(':');
  const std::string_view key = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(key))
    return fail(ErrorCode::Invalid, "is not of the form Name: value");
  const std::string_view value = trim(line.substr(colon + 1));
  const auto is_sendable = [](char c) { return (c >= ' ' && c < '\x7f') || c == '\t'; };
  if (value.empty() || !std::ranges::all_of(value, is_sendable))
    return fail(ErrorCode::Invalid, std::string(key) + ": has no value, or one with unusual characters");
  const std::string lower = to_lower_ascii(key);
  if (std::ranges::find(kOwn, lower) != kOwn.end() || lower.starts_with("webhook-"))
    return fail(ErrorCode::Invalid, std::string(key) + ": is written by the sender itself");
  return std::pair{std::string(key), std::string(value)};
}

Result<void> check_ca_pem(const std::string& pem) {
  crypto::TlsClientOptions options;
  options.ca_pem = pem;
  options.server_name = "receiver";
  WD_TRY(crypto::TlsClientContext::create(std::move(options)));
  return {};
}

bool is_refusal(long status) noexcept {
  static constexpr std::array kOfTheReceiver{401L, 403L, 404L, 405L, 407L, 408L, 410L, 421L, 425L, 426L, 429L};
  return status >= 400 && status < 500 && std::ranges::find(kOfTheReceiver, status) == kOfTheReceiver.end();
}

}  // namespace warder::manager

#include <curl/curl.h>

#include <algorithm>

#include "client/transport.h"

namespace warder::client {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64 << 20;

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

/// Where the bytes of one answer go.
struct Receiver {
  CURL* handle;
  const std::function<bool(std::string_view)>* on_data;  // nullptr: everything into `body`
  std::string body;
  bool is_stopped = false;
  bool is_too_large = false;

  bool receive(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (on_data != nullptr && status / 100 == 2) {
      is_stopped = !(*on_data)(bytes);
      return !is_stopped;
    }
    is_too_large = body.size() + bytes.size() > kMaxAnswerBytes;
    if (!is_too_large) body.append(bytes);
    return !is_too_large;
  }
};

std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* receiver) {
  const std::size_t length = size * count;
  return static_cast<Receiver*>(receiver)->receive({bytes, length}) ? length : 0;
}

ErrorCode code_of(CURLcode code) noexcept {
  if (code == CURLE_OPERATION_TIMEDOUT) return ErrorCode::Timeout;
  if (code == CURLE_PEER_FAILED_VERIFICATION) return ErrorCode::Unauthenticated;
  if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM || code == CURLE_URL_MALFORMAT)
    return ErrorCode::Invalid;
  return ErrorCode::Unavailable;
}

class HttpsTransport final : public Transport {
 public:
  explicit HttpsTransport(HttpsOptions options) : options_(std::move(options)) {}

  Result<Answer> perform(const Request& request) override { return run(request, nullptr); }
  Result<Answer> stream(const Request& request, const std::function<bool(std::string_view)>& on_data) override {
    return run(request, &on_data);
  }

 private:
  Result<Answer> run(const Request& request, const std::function<bool(std::string_view)>* on_data) {
    // One handle for all requests, so that the connection and its TLS session are used again.
    if (handle_ == nullptr) handle_.reset(curl_easy_init());
    if (handle_ == nullptr) return fail(ErrorCode::Internal, "libcurl does not start");
    curl_easy_reset(handle_.get());
    Receiver receiver{handle_.get(), on_data, {}};
    const List headers = header_list(request);
    char why[CURL_ERROR_SIZE] = "";
    set_connection(why, on_data != nullptr);
    set_request(request, headers.get(), receiver);
    const CURLcode code = curl_easy_perform(handle_.get());
    if (receiver.is_too_large) return fail(ErrorCode::TooLarge, options_.base_url + ": the answer is too large");
    if (code != CURLE_OK && !receiver.is_stopped) {
      return fail(code_of(code), options_.base_url + ": " + (why[0] != '\0' ? why : curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return Answer{static_cast<int>(status), std::move(receiver.body)};
  }

  void set_connection(char* why, bool is_stream) {
    CURL* const handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
      curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    }
    if (!options_.certificate_file.empty()) {
      curl_easy_setopt(handle, CURLOPT_SSLCERT, options_.certificate_file.c_str());
      curl_easy_setopt(handle, CURLOPT_SSLKEY, options_.key_file.c_str());
    }
    if (options_.shows_ticket) {
      curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_NEGOTIATE);
      curl_easy_setopt(handle, CURLOPT_USERPWD, ":");
    }
    const long timeout_s = options_.timeout.count();
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, timeout_s);
    if (is_stream) {
      // A live stream has no end, but the manager sends a comment every few seconds: silence means it is gone.
      curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
      curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, std::max(60L, timeout_s));
    } else {
      curl_easy_setopt(handle, CURLOPT_TIMEOUT, timeout_s);
    }
  }

  void set_request(const Request& request, curl_slist* headers, Receiver& receiver) {
    CURL* const handle = handle_.get();
    const std::string url = options_.base_url + request.target;
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method != "GET") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, request.body.data());
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "warder/" WARDER_VERSION);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &receiver);
  }

  [[nodiscard]] List header_list(const Request& request) const {
    std::vector<std::string> lines{"Accept-Language: " + options_.language, "Expect:"};
    if (!options_.token.empty()) lines.push_back("Authorization: Bearer " + options_.token);
    if (!options_.tenant.empty()) lines.push_back("Warder-Tenant: " + options_.tenant);
    // Without this libcurl would call every body a form.
    lines.push_back("Content-Type:" + (request.content_type.empty() ? "" : " " + request.content_type));
    for (const auto& [name, value] : request.headers) lines.push_back(name + ": " + value);
    curl_slist* list = nullptr;
    for (const std::string& line : lines) list = curl_slist_append(list, line.c_str());
    return List(list);
  }

  const HttpsOptions options_;
  Easy handle_;
};

}  // namespace

Result<std::unique_ptr<Transport>> make_https_transport(HttpsOptions options) {
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  if (!options.base_url.starts_with("https://") || options.base_url.size() == std::string_view("https://").size()) {
    return fail(ErrorCode::Invalid, "\"" + options.base_url + "\" is not an address like https://manager.example:8443");
  }
  return std::unique_ptr<Transport>(std::make_unique<HttpsTransport>(std::move(options)));
}

}  // namespace warder::client

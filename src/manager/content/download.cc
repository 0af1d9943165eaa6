#include <curl/curl.h>

#include <array>
#include <cstdio>
#include <memory>
#include <mutex>

#include "base/text.h"
#include "manager/content/signature_mirror.h"

namespace warder::manager {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

struct Transfer {
  std::FILE* file = nullptr;
  std::uint64_t bytes = 0;
  std::uint64_t max_bytes = 0;
  bool is_too_large = false;
  std::string tag;
  const std::stop_token* stop = nullptr;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.bytes += size * count;
  transfer.is_too_large = transfer.bytes > transfer.max_bytes;
  return transfer.is_too_large ? 0 : std::fwrite(data, size, count, transfer.file) * size;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  constexpr std::size_t kMaxTag = 200;
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), "etag"))
    static_cast<Transfer*>(self)->tag = trim(line.substr(colon + 1)).substr(0, kMaxTag);
  return line.size();
}

int on_progress(void* self, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up*/, curl_off_t /*up_now*/) {
  return static_cast<Transfer*>(self)->stop->stop_requested() ? 1 : 0;
}

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

void set_limits(CURL* curl, const MirrorOptions& limits) {
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_FAILONERROR, 1L);
  set(curl, CURLOPT_FOLLOWLOCATION, 1L);
  set(curl, CURLOPT_MAXREDIRS, 3L);
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_REDIR_PROTOCOLS_STR, limits.url.starts_with("https:") ? "https" : "http,https");
  set(curl, CURLOPT_CONNECTTIMEOUT, 30L);
  set(curl, CURLOPT_TIMEOUT, long{limits.max_time.count()});
  set(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  set(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits.max_file_bytes));
  set(curl, CURLOPT_USERAGENT, "warder-manager/" WARDER_VERSION);
}

}  // namespace

Result<std::optional<std::string>> download(const std::string& url, const std::string& tag, const MirrorOptions& limits,
                                            const std::filesystem::path& to, const std::stop_token& stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  File file(std::fopen(to.c_str(), "we"));
  if (!curl || !file) return fail_errno(to.string(), errno);
  Transfer transfer;
  transfer.file = file.get();
  transfer.max_bytes = limits.max_file_bytes;
  transfer.stop = &stop;
  std::array<char, CURL_ERROR_SIZE> message{};
  set_limits(curl.get(), limits);
  set(curl.get(), CURLOPT_URL, url.c_str());
  set(curl.get(), CURLOPT_ERRORBUFFER, message.data());
  set(curl.get(), CURLOPT_WRITEFUNCTION, &on_body);
  set(curl.get(), CURLOPT_WRITEDATA, &transfer);
  set(curl.get(), CURLOPT_HEADERFUNCTION, &on_header);
  set(curl.get(), CURLOPT_HEADERDATA, &transfer);
  set(curl.get(), CURLOPT_NOPROGRESS, 0L);
  set(curl.get(), CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(curl.get(), CURLOPT_XFERINFODATA, &transfer);
  const std::string condition = "If-None-Match: " + tag;
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      tag.empty() ? nullptr : curl_slist_append(nullptr, condition.c_str()), &curl_slist_free_all);
  set(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.is_too_large || code == CURLE_FILESIZE_EXCEEDED)
    return fail(ErrorCode::TooLarge, url + ": larger than " + std::to_string(limits.max_file_bytes) + " bytes");
  if (code != CURLE_OK)
    return fail(ErrorCode::Unavailable, url + ": " + (message[0] != '\0' ? message.data() : curl_easy_strerror(code)));
  if (std::fflush(file.get()) != 0) return fail_errno(to.string(), errno);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 304) return std::optional<std::string>();
  return std::optional(std::move(transfer.tag));
}

}  // namespace warder::manager

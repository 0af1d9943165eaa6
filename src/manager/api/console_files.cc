#include "manager/api/console_files.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace warder::manager {

namespace {

constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kNonceMark = "__CSP_NONCE__";
constexpr std::size_t kMaxFileBytes = 32 << 20;

struct ContentType {
  std::string_view extension;
  std::string_view type;
};
constexpr ContentType kTypes[] = {
    {".css", "text/css; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
};

std::string type_of(std::string_view path) {
  for (const ContentType& row : kTypes) {
    if (path.ends_with(row.extension)) return std::string(row.type);
  }
  return "application/octet-stream";
}

bool accepts(const HttpRequest& request, std::string_view encoding) {
  const std::string_view header = request.header("accept-encoding");
  for (const std::string_view part : split(header, ',')) {
    const auto pieces = split(part, ';');
    if (trim(pieces[0]) != encoding) continue;
    return pieces.size() < 2 || !trim(pieces[1]).starts_with("q=0") || trim(pieces[1]).starts_with("q=0.");
  }
  return false;
}

constexpr std::string_view kNotInstalled =
    "<!doctype html><html lang=\"en\"><title>Warder</title><p>The console is not installed here. Set "
    "<code>console_directory</code>; the API is at <code>/api/v1</code>.</p></html>";

}  // namespace

Result<ConsoleFiles> ConsoleFiles::load(const std::filesystem::path& directory) {
  ConsoleFiles console;
  std::error_code error;
  std::map<std::string, std::string> contents;
  std::filesystem::recursive_directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::recursive_directory_iterator(); entries.increment(error)) {
    if (entries->is_symlink() || !entries->is_regular_file()) continue;
    const std::string path = "/" + entries->path().lexically_relative(directory).generic_string();
    contents[path] = WD_TRY(read_file(entries->path(), kMaxFileBytes).in("console"));
  }
  for (auto& [path, content] : contents) {
    if (path.ends_with(".br") || path.ends_with(".gz")) continue;
    File file;
    const auto brotli = contents.find(path + ".br");
    const auto gzip = contents.find(path + ".gz");
    if (brotli != contents.end()) file.brotli = brotli->second;
    if (gzip != contents.end()) file.gzip = gzip->second;
    file.type = type_of(path);
    file.etag = "\"" + to_hex(crypto::sha256(as_bytes(content))).substr(0, 32) + "\"";
    file.content = std::move(content);
    console.files_.emplace(path, std::move(file));
  }
  return console;
}

HttpResponse ConsoleFiles::serve(const HttpRequest& request, std::string_view nonce) const {
  HttpResponse response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers["allow"] = "GET, HEAD";
    return response;
  }
  const auto found = files_.find(request.path);
  const std::string_view last = std::string_view(request.path).substr(request.path.rfind('/') + 1);
  if (request.path == kIndex || (found == files_.end() && last.find('.') == std::string_view::npos)) return page(nonce);
  if (found == files_.end()) {
    response.status = 404;
    return response;
  }
  const File& file = found->second;
  response.headers["content-type"] = file.type;
  response.headers["etag"] = file.etag;
  response.headers["vary"] = "accept-encoding";
  response.headers["cache-control"] =
      request.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  if (request.header("if-none-match") == file.etag) {
    response.status = 304;
    return response;
  }
  const bool has_brotli = !file.brotli.empty() && accepts(request, "br");
  const bool has_gzip = !has_brotli && !file.gzip.empty() && accepts(request, "gzip");
  if (has_brotli || has_gzip) response.headers["content-encoding"] = has_brotli ? "br" : "gzip";
  response.body = has_brotli ? file.brotli : has_gzip ? file.gzip : file.content;
  return response;
}

HttpResponse ConsoleFiles::page(std::string_view nonce) const {
  HttpResponse response;
  response.headers["content-type"] = "text/html; charset=utf-8";
  response.headers["cache-control"] = "no-cache, no-store";
  const auto index = files_.find(kIndex);
  if (index == files_.end()) {
    response.status = 404;
    response.body = kNotInstalled;
    return response;
  }
  response.body = index->second.content;
  for (std::size_t at = response.body.find(kNonceMark); at != std::string::npos;
       at = response.body.find(kNonceMark, at + nonce.size())) {
    response.body.replace(at, kNonceMark.size(), nonce);
  }
  return response;
}

}  // namespace warder::manager

// The console's static files, read once at start: requests never touch the disk, so no path can leave the directory.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/net/http.h"

namespace warder::manager {

class ConsoleFiles {
 public:
  /// Regular files below `directory`, symbolic links left out; "x.br" and "x.gz" become encodings of "x". A directory
  /// that does not exist gives a page that says so.
  static Result<ConsoleFiles> load(const std::filesystem::path& directory);

  /// Hashed assets may be kept for ever; the page itself is never cached and gets `nonce` for __CSP_NONCE__. A path
  /// without a file and without an extension is a page of the console.
  [[nodiscard]] HttpResponse serve(const HttpRequest& request, std::string_view nonce) const;

 private:
  struct File {
    std::string content;
    std::string brotli;
    std::string gzip;
    std::string type;
    std::string etag;
  };
  [[nodiscard]] HttpResponse page(std::string_view nonce) const;
  std::map<std::string, File, std::less<>> files_;  // by URL path: "/assets/index-1a2b.js"
};

}  // namespace warder::manager

#include "manager/api/console_files.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

struct ConsoleFilesTest : ::testing::Test {
  ConsoleFilesTest() {
    const auto& root = directory.path();
    std::filesystem::create_directories(root / "console/assets");
    write("console/index.html", "<meta content=\"__CSP_NONCE__\"> __CSP_NONCE__");
    write("console/index.html.br", "wrong");
    write("console/assets/a-1b2c.js", "plain");
    write("console/assets/a-1b2c.js.br", "brotli");
    write("console/assets/a-1b2c.js.gz", "gzip");
    write("console/favicon.svg", "<svg/>");
    write("secret.txt", "secret");
    std::filesystem::create_symlink(root / "secret.txt", root / "console/link.txt");
    files = ConsoleFiles::load(root / "console").value();
  }
  void write(const std::string& path, std::string_view content) const {
    EXPECT_TRUE(write_file_atomically(directory.path() / path, content, 0644));
  }
  HttpResponse get(const std::string& path, const Headers& headers = {}, const std::string& method = "GET") const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.headers = headers;
    return files.serve(request, "NONCE");
  }
  TemporaryDirectory directory;
  ConsoleFiles files;
};

TEST_F(ConsoleFilesTest, ThePageHasTheNonceAndIsNotCached) {
  for (const char* path : {"/", "/index.html", "/events", "/fleet/0190a0a0"}) {
    const HttpResponse page = get(path, {{"accept-encoding", "br"}});
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.body, "<meta content=\"NONCE\"> NONCE");
    EXPECT_EQ(page.headers.at("cache-control"), "no-cache, no-store");
    EXPECT_FALSE(page.headers.contains("content-encoding"));
  }
}

TEST_F(ConsoleFilesTest, AssetsAreKeptForEverAndCompressed) {
  const HttpResponse plain = get("/assets/a-1b2c.js");
  EXPECT_EQ(plain.body, "plain");
  EXPECT_EQ(plain.headers.at("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(plain.headers.at("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(plain.headers.at("vary"), "accept-encoding");
  EXPECT_EQ(get("/assets/a-1b2c.js", {{"accept-encoding", "gzip, br"}}).body, "brotli");
  EXPECT_EQ(get("/assets/a-1b2c.js", {{"accept-encoding", "gzip"}}).headers.at("content-encoding"), "gzip");
  EXPECT_EQ(get("/assets/a-1b2c.js", {{"accept-encoding", "br;q=0"}}).body, "plain");
  EXPECT_EQ(get("/favicon.svg").headers.at("cache-control"), "no-cache");
}

TEST_F(ConsoleFilesTest, AKnownETagNeedsNoBody) {
  const std::string etag = get("/favicon.svg").headers.at("etag");
  const HttpResponse again = get("/favicon.svg", {{"if-none-match", etag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(ConsoleFilesTest, NothingOutsideIsServed) {
  for (const char* path : {"/link.txt", "/../secret.txt", "/secret.txt", "/assets/../../secret.txt", "/index.html.br",
                           "//etc/passwd.txt"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get("/", {}, "POST").status, 405);
}

TEST_F(ConsoleFilesTest, SaysWhenThereIsNoConsole) {
  files = ConsoleFiles::load(directory.path() / "absent").value();
  EXPECT_EQ(get("/").status, 404);
  EXPECT_NE(get("/").body.find("not installed"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager

#include "keys/stand_in.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace warder::keys::testing {
namespace {

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* kPin = "73952468";

[[noreturn]] void give_up(const std::string& why) {
  static_cast<void>(std::fprintf(stderr, "%s\n", why.c_str()));
  std::abort();
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "warder-keys-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("mkdtemp failed");
  return pattern;
}

void write_private(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path} << text;
  ::chmod(path.c_str(), 0600);
}

/// With a token, made before the module is loaded: it looks for tokens then only. Gone with the process.
const std::filesystem::path& hsm_folder() {
  struct Folder {
    Folder() {
      const std::filesystem::path configuration = path / "softhsm2.conf";
      std::filesystem::create_directory(path / "tokens");
      write_private(configuration, "directories.tokendir = " + (path / "tokens").string() + "\nlog.level = ERROR\n");
      ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
      const std::string command =
          std::string{"softhsm2-util --init-token --free --label warder --so-pin 1234567890 --pin "} + kPin +
          " > /dev/null";
      if (std::system(command.c_str()) != 0) give_up("softhsm2-util does not make a token");
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path path = make_folder();
  };
  static const Folder folder;
  return folder.path;
}

}  // namespace

KmsStandIn::KmsStandIn(const std::string& session_token) : folder_(make_folder()) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) give_up("pipe failed");
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::close(pipe_ends[0]);
    ::execl("/usr/bin/python3", "python3", WARDER_KMS_STAND_IN, session_token.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::FILE* const out = ::fdopen(pipe_ends[0], "r");
  if (std::fscanf(out, "%d", &port_) != 1) give_up("the stand-in for AWS KMS does not start");
  std::fclose(out);
  set_credentials(kSecret, session_token);
}

KmsStandIn::~KmsStandIn() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

void KmsStandIn::set_credentials(const std::string& secret, const std::string& token) const {
  write_private(folder_ / "credentials",
                "[other]\naws_access_key_id = x\naws_secret_access_key = y\n[default]\n"
                "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = " +
                    secret + (token.empty() ? "" : "\naws_session_token = " + token) + "\n");
}

AwsKmsOptions KmsStandIn::options() const {
  return {"alias/warder", "eu-central-1", "http://127.0.0.1:" + std::to_string(port_) + "/",
          (folder_ / "credentials").string()};
}

void KmsStandIn::control(const std::string& command) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::string url = "http://127.0.0.1:" + std::to_string(port_) + "/control/" + command;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 0L);
  curl_easy_setopt(
      curl.get(), CURLOPT_WRITEFUNCTION,
      +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
  if (curl_easy_perform(curl.get()) != CURLE_OK) give_up("the stand-in for AWS KMS does not answer");
}

SoftHsmToken::SoftHsmToken() {
  static int number = 0;
  const std::filesystem::path& folder = hsm_folder();
  options_.module = "/usr/lib/softhsm/libsofthsm2.so";
  options_.token = "warder";
  options_.key_label = "root-" + std::to_string(++number);
  options_.pin_file = (folder / (options_.key_label + ".pin")).string();
  set_pin(kPin);
}

SoftHsmToken::~SoftHsmToken() = default;

void SoftHsmToken::set_pin(const std::string& pin) const {
  write_private(options_.pin_file, pin + "\n");
}

}  // namespace warder::keys::testing

#include "manager/siem/stand_in.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "manager/events/testing.h"

namespace warder::manager::testing {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  static_cast<void>(std::fprintf(stderr, "%s\n", why.c_str()));
  std::abort();
}

std::filesystem::path make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "warder-siem-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("mkdtemp failed");
  return pattern;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  static_cast<std::string*>(self)->append(bytes, size * count);
  return size * count;
}

}  // namespace

ServerIdentity make_identity() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto authority =
      crypto::CertificateAuthority::create("receivers", now - std::chrono::hours(1), now + std::chrono::hours(24))
          .value();
  const crypto::KeyPair key = crypto::KeyPair::generate();
  crypto::CertificateSpec spec;
  spec.common_name = "receiver";
  spec.ip_addresses = {"127.0.0.1"};
  spec.not_before = now - std::chrono::hours(1);
  spec.not_after = now + std::chrono::hours(24);
  spec.is_server = true;
  return {authority.certificate_pem(), authority.issue(key, spec).value(), key.private_pem};
}

HttpReceiver::HttpReceiver(const std::string& kind, json::object options, const ServerIdentity* identity)
    : folder_(make_folder()), has_tls_(identity != nullptr) {
  if (identity != nullptr) {
    ca_pem_ = identity->ca_pem;
    std::ofstream(folder_ / "certificate.pem") << identity->certificate_pem;
    std::ofstream(folder_ / "key.pem") << identity->private_pem;
    options["certificate"] = (folder_ / "certificate.pem").string();
    options["key"] = (folder_ / "key.pem").string();
  }
  const std::string text = json::serialize(options);
  int ends[2];
  if (::pipe(ends) != 0) give_up("pipe failed");
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::execl("/usr/bin/python3", "python3", "-B", WARDER_HTTP_RECEIVERS, kind.c_str(), text.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::FILE* const out = ::fdopen(ends[0], "r");
  if (std::fscanf(out, "%d", &port_) != 1) give_up("the receiver does not start");
  std::fclose(out);
}

HttpReceiver::~HttpReceiver() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

std::string HttpReceiver::url() const {
  return (has_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
}

json::value HttpReceiver::control(const std::string& command) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::string where = url() + "/control/" + command;
  std::string body;
  curl_blob blob{const_cast<char*>(ca_pem_.data()), ca_pem_.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl.get(), CURLOPT_URL, where.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  if (has_tls_) curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &blob);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, static_cast<void*>(&body));
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) give_up(command + ": the receiver does not answer: " + curl_easy_strerror(code));
  return json::parse(body);
}

std::vector<std::string> HttpReceiver::taken_ids() const {
  std::vector<std::string> ids;
  const json::value taken = control("taken");
  for (const json::value& each : taken.as_array()) ids.emplace_back(each.at("id").as_string());
  return ids;
}

std::string HttpReceiver::last_problem() const {
  const json::value requests = control("requests");
  return std::string(requests.as_array().back().at("problem").as_string());
}

std::vector<formats::OutgoingEvent> make_events(std::size_t count) {
  std::vector<formats::OutgoingEvent> list;
  for (std::size_t i = 0; i < count; ++i) {
    formats::OutgoingEvent event;
    event.event = make_event(kNow + std::chrono::milliseconds(i));
    event.host = "web-1";
    event.tenant_name = "acme";
    list.push_back(std::move(event));
  }
  return list;
}

std::vector<std::string> ids_of(const std::vector<formats::OutgoingEvent>& events) {
  std::vector<std::string> ids;
  for (const formats::OutgoingEvent& each : events) ids.push_back(each.event.id.text());
  return ids;
}

}  // namespace warder::manager::testing

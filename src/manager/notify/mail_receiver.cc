#include "manager/notify/mail_receiver.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace warder::manager::testing {
namespace {

[[noreturn]] void give_up(const char* why) {
  static_cast<void>(std::fprintf(stderr, "%s\n", why));
  std::abort();
}

}  // namespace

MailReceiver::MailReceiver(json::object options) {
  for (const char* file : {"certificate", "key"}) {
    if (!options.contains(file)) continue;
    const auto path = folder_.path() / file;
    std::ofstream(path) << std::string_view(options.at(file).as_string());
    options[file] = path.string();
  }
  const std::string text = json::serialize(options);
  const std::string folder = folder_.path().string();
  int ends[2];
  if (::pipe(ends) != 0) give_up("pipe failed");
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::execl("/usr/bin/python3", "python3", "-B", WARDER_MAIL_RECEIVER, folder.c_str(), text.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::FILE* const out = ::fdopen(ends[0], "r");
  unsigned port = 0;
  if (std::fscanf(out, "%u", &port) != 1) give_up("the mail server does not start; is python3-aiosmtpd there?");
  std::fclose(out);
  port_ = static_cast<std::uint16_t>(port);
}

MailReceiver::~MailReceiver() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void MailReceiver::mode(const std::string& mode) const {
  std::ofstream(folder_.path() / "mode") << mode;
}

std::vector<json::value> MailReceiver::mails() const {
  std::vector<json::value> list;
  std::ifstream in(folder_.path() / "mails.jsonl");
  for (std::string line; std::getline(in, line);) list.push_back(json::parse(line));
  return list;
}

}  // namespace warder::manager::testing

#include "manager/store/testing/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <postgresql/libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace warder::manager {
namespace {

constexpr int kStartAttempts = 1'500;
constexpr int kAttemptMs = 20;

[[noreturn]] void give_up(const std::string& reason) {
  std::fprintf(stderr, "PostgreSQL for tests: %s\n", reason.c_str());
  std::abort();
}

/// Debian keeps the server's programs off PATH, one folder a version.
std::filesystem::path programs_directory() {
  std::error_code ignored;
  std::optional<std::filesystem::path> newest;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const auto bin = entry.path() / "bin";
    if (std::filesystem::exists(bin / "initdb", ignored) && (!newest || *newest < bin)) newest = bin;
  }
  if (!newest) give_up("not installed (apt-get install postgresql)");
  return *newest;
}

/// Runs in the child: PostgreSQL refuses root.
void drop_privileges() {
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)
    ::_exit(126);
}

pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: execv
  raw.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  drop_privileges();
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a test that crashes leaves no server behind
  ::setenv("LC_ALL", "C", 1);
  const int log = ::chdir(directory.c_str()) == 0 ? ::open("log", O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (log < 0 || ::dup2(log, STDOUT_FILENO) < 0 || ::dup2(log, STDERR_FILENO) < 0) ::_exit(126);
  ::execv(raw[0], raw.data());
  ::_exit(127);
}

}  // namespace

TestPostgres& TestPostgres::instance() {
  static TestPostgres server;
  return server;
}

TestPostgres& TestPostgres::another() {
  static TestPostgres server;
  return server;
}

TestPostgres::TestPostgres() {
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (user == nullptr || ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
      give_up("no unprivileged user to run it");
  }
  start();
  const auto db = superuser();
  for (const std::string_view statement :
       {"CREATE ROLE warder_owner LOGIN CREATEROLE NOSUPERUSER", "CREATE ROLE warder_app LOGIN NOINHERIT NOSUPERUSER",
        "CREATE DATABASE warder OWNER warder_owner TEMPLATE template0 ENCODING 'UTF8'"}) {
    if (const auto done = db->execute(statement); !done) give_up(done.error().message);
  }
}

void TestPostgres::start() {
  const auto programs = programs_directory();
  const std::string directory = directory_.path().string();
  const pid_t initdb = spawn({programs / "initdb", "--pgdata=" + directory + "/db", "--username=postgres",
                              "--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8"},
                             directory);
  int status = 0;
  if (::waitpid(initdb, &status, 0) != initdb || status != 0) give_up("initdb failed, see " + directory + "/log");
  server_ = spawn({programs / "postgres", "-D", directory + "/db", "-k", directory, "-c", "listen_addresses=", "-c",
                   "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "jit=off"},
                  directory);
  const std::string server = "host=" + directory + " user=postgres dbname=postgres";
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    if (PQping(server.c_str()) == PQPING_OK) return;
    if (::waitpid(server_, &status, WNOHANG) == server_) give_up("it ended at once, see " + directory + "/log");
    ::poll(nullptr, 0, kAttemptMs);
  }
  give_up("it does not answer, see " + directory + "/log");
}

TestPostgres::~TestPostgres() {
  ::kill(server_, SIGQUIT);  // "immediate": its files go anyway
  ::waitpid(server_, nullptr, 0);
}

std::string TestPostgres::conninfo(std::string_view user) const {
  std::string text = "host=" + directory_.path().string();
  return text.append(" dbname=").append(user == "postgres" ? "postgres" : "warder").append(" user=").append(user);
}

std::unique_ptr<Db> TestPostgres::superuser() const {
  auto db = open_postgres({.conninfo = conninfo("postgres"), .may_be_superuser = true}, {});
  if (!db) give_up(db.error().message);
  return std::move(*db);
}

std::string TestPostgres::make_schema() {
  std::string name = make_name();
  auto owner = open_postgres({.conninfo = conninfo("warder_owner")}, {});
  if (!owner) give_up(owner.error().message);
  for (const std::string& statement : {"CREATE ROLE " + name, "GRANT " + name + " TO warder_owner, warder_app",
                                       "CREATE SCHEMA " + name + " AUTHORIZATION " + name}) {
    if (const auto done = (*owner)->execute(statement); !done) give_up(done.error().message);
  }
  return name;
}

}  // namespace warder::manager

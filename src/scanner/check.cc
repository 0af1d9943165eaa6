#include "scanner/check.h"

#include <clamav.h>
#include <sys/prctl.h>

#include <cstdio>
#include <memory>

#include "scanner/clamav.h"
#include "scanner/sandbox.h"
#include "scanner/yara.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxWritten = std::uint64_t{4} << 30U;  // of what a database unpacks to

struct FreeCvd {
  void operator()(cl_cvd* cvd) const noexcept { ::cl_cvdfree(cvd); }
};

int refuse(const std::string& why) {
  std::fputs((why + "\n").c_str(), stderr);
  return 1;
}

int accept(unsigned long long made_s, unsigned version) {
  std::printf("{\"made_s\":%llu,\"version\":%u}\n", made_s, version);
  return 0;
}

void say_nothing(cl_msg /*severity*/, const char* /*full*/, const char* /*message*/, void* /*context*/) {}

int check_cvd(const fs::path& file) {
  if (const cl_error_t result = ::cl_init(CL_INIT_DEFAULT); result != CL_SUCCESS) return refuse(::cl_strerror(result));
  if (const cl_error_t result = ::cl_cvdverify(file.c_str()); result != CL_SUCCESS)
    return refuse(std::string("not as ClamAV signed it: ") + ::cl_strerror(result));
  const std::unique_ptr<cl_cvd, FreeCvd> cvd(::cl_cvdhead(file.c_str()));
  if (!cvd) return refuse("no header of a database");
  return accept(cvd->stime, cvd->version);
}

}  // namespace

// What comes from a mirror and is signed by nobody is not read with more rights than a file that is scanned.
int check(const fs::path& file) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refuse("PR_SET_NO_NEW_PRIVS");
  if (const auto confined = confine(kMaxWritten); !confined) return refuse(confined.error().message);
  ::cl_set_clcb_msg(&say_nothing);
  const std::string extension = file.extension().string();
  if (extension == ".cvd") return check_cvd(file);
  if (extension == ".yar" || extension == ".yara") {
    const auto loaded = Yara::load_file(file);
    return loaded ? accept(0, 0) : refuse(loaded.error().message);
  }
  const auto loaded = Clamav::load({file, std::chrono::minutes(1), 1 << 20});
  if (!loaded) return refuse(loaded.error().message);
  if (!*loaded) return refuse("no database of ClamAV");
  const std::unique_ptr<cl_cvd, FreeCvd> cvd(extension == ".cld" ? ::cl_cvdhead(file.c_str()) : nullptr);
  return cvd ? accept(cvd->stime, cvd->version) : accept(0, 0);
}

}  // namespace warder::scanner

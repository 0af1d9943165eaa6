# Warnings, hardening, sanitizers, linker and compiler cache, for every target of the project.
add_library(warder_options INTERFACE)

target_compile_options(warder_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wundef -Wnull-dereference -Wswitch-enum
  -Wimplicit-fallthrough -Wformat=2 -Wvla -Wdate-time -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(warder_options INTERFACE
    -Wcast-align=strict -Wuseless-cast -Wsuggest-override -Wduplicated-cond -Wduplicated-branches -Wlogical-op)
else()
  # Clang reports libstdc++'s own use of what it marks as deprecated (std::stable_sort); GCC reports ours.
  target_compile_options(warder_options INTERFACE -Wcast-align -Wno-deprecated-declarations)
endif()

target_include_directories(warder_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(warder_options INTERFACE
  WARDER_VERSION="${PROJECT_VERSION}" BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)

if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo")
  target_compile_options(warder_options INTERFACE
    -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_link_options(warder_options INTERFACE -pie -Wl,-z,relro,-z,now)
  # At -O2 the optimiser's path analysis reports null dereferences inside libstdc++ and Boost that it can't rule out.
  target_compile_options(warder_options INTERFACE -Wno-null-dereference)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The same holds for what GCC 12 says there of moved-from Results, optionals and strings (GCC bugs 105562, 105651);
    # the address sanitizer of the asan preset looks for the real thing.
    target_compile_options(warder_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-free-nonheap-object)
  endif()
endif()

if(WARDER_SANITIZE)
  target_compile_options(warder_options INTERFACE -fsanitize=${WARDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(warder_options INTERFACE -fsanitize=${WARDER_SANITIZE})
endif()

find_program(WARDER_MOLD mold)
find_program(WARDER_LLD ld.lld NAMES ld.lld ld.lld-19)
if(WARDER_LLD AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(warder_options INTERFACE -fuse-ld=lld)
elseif(WARDER_MOLD)
  target_link_options(warder_options INTERFACE -fuse-ld=mold)
endif()

find_program(WARDER_CCACHE ccache)
if(WARDER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${WARDER_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WARDER_CCACHE})
endif()

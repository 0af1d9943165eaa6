# The software bill of materials of all programs and the console; part of `all`, so that a build with a component nobody
# reviewed fails. Sanitizer and fuzz builds link the compiler's own runtimes and are not shipped.
get_property(WARDER_PROGRAMS GLOBAL PROPERTY WARDER_PROGRAMS)
find_package(Python3 COMPONENTS Interpreter)
find_program(WARDER_DPKG dpkg)
if(NOT Python3_FOUND OR NOT WARDER_DPKG)
  message(STATUS "no SBOM: it needs python3 and dpkg")
elseif(WARDER_PROGRAMS AND NOT WARDER_SANITIZE AND NOT WARDER_FUZZ)
  set(program_files "")
  foreach(program IN LISTS WARDER_PROGRAMS)
    list(APPEND program_files $<TARGET_FILE:${program}>)
  endforeach()
  set(web_lock ${PROJECT_SOURCE_DIR}/web/package-lock.json)
  if(NOT EXISTS ${web_lock})
    set(web_lock "")
  endif()
  set(WARDER_SBOM ${CMAKE_BINARY_DIR}/sbom.cdx.json)
  add_custom_command(
    OUTPUT ${WARDER_SBOM}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/sbom.py --source ${PROJECT_SOURCE_DIR}
      --version ${PROJECT_VERSION} --output ${WARDER_SBOM} ${program_files}
    DEPENDS ${WARDER_PROGRAMS} ${PROJECT_SOURCE_DIR}/cmake/sbom.py ${PROJECT_SOURCE_DIR}/packaging/components.json
      ${web_lock}
    COMMENT "Writing sbom.cdx.json"
    VERBATIM)
  add_custom_target(sbom ALL DEPENDS ${WARDER_SBOM})
endif()

{
  "variables": { "sanitize%": "" },
  "targets": [
    {
      "target_name": "mmap_directory",
      "sources": [
        "native/addon/addon.cc",
        "native/addon/background_work.cc",
        "native/addon/buffers.cc",
        "native/addon/environment.cc",
        "native/addon/locks.cc",
        "native/addon/mappings.cc",
        "native/addon/metal.cc",
        "native/addon/paging.cc",
        "native/addon/pins.cc",
        "native/core/checksum.cc",
        "native/core/fault_guard.cc",
        "native/core/file_lock.cc",
        "native/core/mapping.cc",
        "native/core/mapping_registry.cc",
        "native/core/prefetch.cc",
        "native/core/share_table.cc",
        "native/metal/buffer_plan.cc",
        "native/metal/export_buffers.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "native"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
      "conditions": [
        ["sanitize!=''", {
          "cflags": ["-fsanitize=<(sanitize)", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }],
        ["OS!='mac'", { "sources": ["native/metal/elsewhere.cc"] }],
        ["OS!='win'", {
          "sources": [
            "native/posix/advice.cc",
            "native/posix/descriptor.cc",
            "native/posix/fault_guard.cc",
            "native/posix/file_lock.cc",
            "native/posix/huge_pages.cc",
            "native/posix/pages.cc",
            "native/posix/preload.cc",
            "native/posix/release.cc",
            "native/posix/residency.cc",
            "native/posix/system_error.cc"
          ]
        }],
        ["OS=='win'", {
          "sources": [
            "native/windows/advice.cc",
            "native/windows/descriptor.cc",
            "native/windows/fault_guard.cc",
            "native/windows/file_lock.cc",
            "native/windows/huge_pages.cc",
            "native/windows/pages.cc",
            "native/windows/prefetch_memory.cc",
            "native/windows/preload.cc",
            "native/windows/release.cc",
            "native/windows/residency.cc",
            "native/windows/stay_loaded.cc",
            "native/windows/system_error.cc"
          ],
          "defines": ["_WIN32_WINNT=0x0A00", "WIN32_LEAN_AND_MEAN", "NOMINMAX"],
          "msvs_settings": {
            "VCCLCompilerTool": {
              "ExceptionHandling": 1,
              "AdditionalOptions": ["/std:c++20", "/permissive-", "/utf-8", "/Zc:__cplusplus", "/W3", "/WX"]
            }
          }
        }],
        ["OS=='linux'", {
          "sources": ["native/posix/older_libraries.cc"],
          "cflags": ["-fno-strict-aliasing", "-ffile-prefix-map=<(module_root_dir)=."],
          "ldflags": [
            "-Wl,-z,nodelete",
            "-Wl,-z,now",
            "-Wl,--version-script=<(module_root_dir)/native/posix/exports.map"
          ]
        }],
        ["OS=='mac'", {
          "sources": ["native/metal/macos.cc", "native/metal/objc_device.cc"],
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
            "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "MACOSX_DEPLOYMENT_TARGET": "11.0",
            "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Werror"]
          }
        }]
      ]
    }
  ]
}

// A Vulkan layer for tests: Mesa's device in software (lavapipe, as Debian 12 has it) lacks two features without which
// Dawn takes no device at all. They are about images in shaders, and no test has any: here the device
// claims to have them, and nobody switches them on.
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

static VkInstance instance;
static PFN_vkGetInstanceProcAddr next_instance_function;
static PFN_vkGetDeviceProcAddr next_device_function;
static PFN_vkGetPhysicalDeviceFeatures next_features;
static PFN_vkGetPhysicalDeviceFeatures2 next_features2;

static void set(VkPhysicalDeviceFeatures* features, VkBool32 value) {
  features->shaderSampledImageArrayDynamicIndexing = value;
  features->shaderStorageImageArrayDynamicIndexing = value;
}

static VKAPI_ATTR void VKAPI_CALL get_features(VkPhysicalDevice device, VkPhysicalDeviceFeatures* features) {
  next_features(device, features);
  set(features, VK_TRUE);
}

static VKAPI_ATTR void VKAPI_CALL get_features2(VkPhysicalDevice device, VkPhysicalDeviceFeatures2* features) {
  next_features2(device, features);
  set(&features->features, VK_TRUE);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info,
                                                      const VkAllocationCallbacks* allocator, VkInstance* result) {
  VkLayerInstanceCreateInfo* link = (void*)info->pNext;
  while (link != NULL && !(link->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO)) {
    link = (void*)link->pNext;
  }
  if (link == NULL) return VK_ERROR_INITIALIZATION_FAILED;
  next_instance_function = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const VkResult outcome = ((PFN_vkCreateInstance)next_instance_function(NULL, "vkCreateInstance"))(info, allocator, result);
  if (outcome != VK_SUCCESS) return outcome;
  instance = *result;
  next_features = (PFN_vkGetPhysicalDeviceFeatures)next_instance_function(instance, "vkGetPhysicalDeviceFeatures");
  next_features2 = (PFN_vkGetPhysicalDeviceFeatures2)next_instance_function(instance, "vkGetPhysicalDeviceFeatures2");
  return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                                    const VkAllocationCallbacks* allocator, VkDevice* result) {
  VkLayerDeviceCreateInfo* link = (void*)info->pNext;
  while (link != NULL && !(link->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO)) {
    link = (void*)link->pNext;
  }
  if (link == NULL) return VK_ERROR_INITIALIZATION_FAILED;
  const PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device_function = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkDeviceCreateInfo changed = *info;
  VkPhysicalDeviceFeatures features;
  if (info->pEnabledFeatures != NULL) {
    features = *info->pEnabledFeatures;
    set(&features, VK_FALSE);
    changed.pEnabledFeatures = &features;
  }
  for (VkBaseOutStructure* each = (void*)info->pNext; each != NULL; each = each->pNext) {
    if (each->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2) set(&((VkPhysicalDeviceFeatures2*)each)->features, VK_FALSE);
  }
  return ((PFN_vkCreateDevice)next(instance, "vkCreateDevice"))(physical, &changed, allocator, result);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char* name) {
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) return (PFN_vkVoidFunction)device_function;
  return next_device_function(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance of, const char* name) {
  static const struct {
    const char* name;
    PFN_vkVoidFunction function;
  } own[] = {
      {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)instance_function},
      {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_function},
      {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
      {"vkGetPhysicalDeviceFeatures", (PFN_vkVoidFunction)get_features},
      {"vkGetPhysicalDeviceFeatures2", (PFN_vkVoidFunction)get_features2},
      {"vkGetPhysicalDeviceFeatures2KHR", (PFN_vkVoidFunction)get_features2},
  };
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    if (strcmp(own[i].name, name) == 0) return own[i].function;
  }
  return next_instance_function == NULL ? NULL : next_instance_function(of, name);
}

VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = instance_function;
  interface->pfnGetDeviceProcAddr = device_function;
  interface->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}

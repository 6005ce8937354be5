import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.apache.lucene.store.BufferedChecksumIndexInput;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NIOFSDirectory;
import org.apache.lucene.store.RandomAccessInput;

/**
 * The cases of the comparison over Lucene, 8 or later. Compiled and run by compare.mjs when
 * LUCENE_JAR names lucene-core's jar. What came with later versions is called by its name: those
 * cases are left out where it is missing.
 *
 * <pre>java -cp $LUCENE_JAR:classes LuceneBench mmap|chunked|niofs CASE FOLDER MILLISECONDS</pre>
 *
 * FOLDER has the files that files.mjs makes. Prints the best and the median window, in nanoseconds
 * for a call or byte. {@code LuceneBench --cases} says what it knows.
 */
public final class LuceneBench {
  private static final int BATCH = 4096;
  private static final int SPAN = 1 << 24;
  private static final int HOT = 1 << 18;
  private static final int PLACES = 1 << 18;
  private static final int WRITTEN = 1 << 24;
  private static final int CHUNK = 1 << 24;

  /** Does some of the work and returns how many calls or bytes that was. */
  private interface Work {
    long run() throws IOException;

    /** What is undone afterwards, when the time is taken. */
    default void settle() throws IOException {}
  }

  private interface Prepare {
    Work over(Directory directory) throws IOException;
  }

  private interface Read {
    long from(IndexInput input) throws IOException;
  }

  /** Calls a method by its handle. */
  private interface ByHandle {
    void call(IndexInput input) throws Throwable;
  }

  private interface Act {
    Object at(IndexInput input, long position) throws IOException;
  }

  private interface Write {
    void to(IndexOutput output, int i) throws IOException;
  }

  /** Keeps the compiler from leaving out work whose result nobody uses. */
  private static volatile Object sink;

  private static volatile long sum;

  // Constants, which the JVM compiles as it does calls that are written down.
  private static final MethodHandle READ_INTS = inputMethod("readInts", int[].class, int.class, int.class);
  private static final MethodHandle READ_LONGS = inputMethod("readLongs", long[].class, int.class, int.class);
  private static final MethodHandle READ_FLOATS =
      inputMethod("readFloats", float[].class, int.class, int.class);
  private static final MethodHandle PREFETCH = inputMethod("prefetch", long.class, long.class);

  private LuceneBench() {}

  /** A void method of IndexInput, null where this version has none of that name. */
  private static MethodHandle inputMethod(String name, Class<?>... parameters) {
    try {
      return MethodHandles.lookup()
          .findVirtual(IndexInput.class, name, MethodType.methodType(void.class, parameters));
    } catch (NoSuchMethodException | IllegalAccessException missing) {
      return null;
    }
  }

  private static int byHandle(IndexInput input, ByHandle method) throws IOException {
    try {
      method.call(input);
      return 0;
    } catch (IOException thrown) {
      throw thrown;
    } catch (Throwable thrown) {
      throw new IllegalStateException(thrown);
    }
  }

  private static void prefetch(IndexInput input, long at) throws IOException {
    byHandle(input, it -> PREFETCH.invokeExact(it, at, 4096L));
  }

  private static Directory open(String kind, Path path) throws IOException {
    switch (kind) {
      case "mmap":
        return new MMapDirectory(path);
      case "chunked":
        return new MMapDirectory(path, CHUNK);
      case "niofs":
        return new NIOFSDirectory(path);
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  /** The places of bench-cases.ts: the same linear congruential generator. */
  private static long[] positions(long length, int width) {
    final long[] places = new long[PLACES];
    int seed = 202611;
    for (int i = 0; i < PLACES; i++) {
      seed = seed * 1664525 + 1013904223;
      places[i] = (long) (Integer.toUnsignedLong(seed) / 4294967296.0 * Math.max(length - width, 1));
    }
    return places;
  }

  private static Prepare scalars(String file, int width, Read read) {
    return directory -> {
      final IndexInput input = directory.openInput(file, IOContext.DEFAULT);
      final long end = Math.min(input.length(), SPAN) - (long) BATCH * width;
      return () -> {
        if (input.getFilePointer() > end) input.seek(0);
        long total = 0;
        for (int i = 0; i < BATCH; i++) total += read.from(input);
        sum = total;
        return BATCH;
      };
    };
  }

  private static Prepare whole(int piece) {
    return directory -> {
      final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
      final byte[] target = new byte[(int) Math.min(piece, input.length())];
      return () -> {
        input.seek(0);
        long done = 0;
        for (; done + target.length <= input.length(); done += target.length) {
          input.readBytes(target, 0, target.length);
        }
        return done;
      };
    };
  }

  /** Reads of {@code length} bytes into one target; the time is that of one. */
  private static Prepare filling(int length, int calls, Read read) {
    return directory -> {
      final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
      final long end = Math.min(input.length(), SPAN) - (long) calls * length;
      return () -> {
        if (input.getFilePointer() > end) input.seek(0);
        for (int i = 0; i < calls; i++) read.from(input);
        return calls;
      };
    };
  }

  private static Prepare randomly(long span) {
    return directory -> {
      final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
      final long[] places = positions(Math.min(input.length(), span), 4);
      final int[] next = {0};
      return () -> {
        int total = 0;
        final int from = next[0];
        for (int i = from; i < from + BATCH; i++) {
          input.seek(places[i]);
          total += input.readInt();
        }
        next[0] = (from + BATCH) % PLACES;
        sum = total;
        return BATCH;
      };
    };
  }

  private static Prepare absolutely(long span) {
    return directory -> {
      final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
      final RandomAccessInput reader = input.randomAccessSlice(0, input.length());
      final long[] places = positions(Math.min(input.length(), span), 4);
      final int[] next = {0};
      return () -> {
        int total = 0;
        final int from = next[0];
        for (int i = from; i < from + BATCH; i++) total += reader.readInt(places[i]);
        next[0] = (from + BATCH) % PLACES;
        sum = total;
        return BATCH;
      };
    };
  }

  private static Prepare atPlaces(int calls, Act act) {
    return directory -> {
      final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
      final long[] places = positions(input.length(), 4096);
      final int[] next = {0};
      return () -> {
        final int from = next[0];
        for (int i = from; i < from + calls; i++) sink = act.at(input, places[i]);
        next[0] = (from + calls) % PLACES;
        return calls;
      };
    };
  }

  private static Prepare opening(boolean reads, boolean closes) {
    return directory -> {
      final Queue<IndexInput> opened = new ArrayDeque<>();
      return new Work() {
        @Override
        public long run() throws IOException {
          for (int i = 0; i < 64; i++) {
            final IndexInput input = directory.openInput("plain.bin", IOContext.DEFAULT);
            if (reads) sum = input.readByte();
            if (closes) input.close();
            else opened.add(input);
          }
          return 64;
        }

        @Override
        public void settle() throws IOException {
          while (!opened.isEmpty()) opened.remove().close();
        }
      };
    };
  }

  private static Prepare writing(int bytes, Write write) {
    return directory ->
        new Work() {
          @Override
          public long run() throws IOException {
            try (IndexOutput output = directory.createOutput("written", IOContext.DEFAULT)) {
              for (int i = 0; i < WRITTEN; i += bytes) write.to(output, i);
            }
            return WRITTEN;
          }

          @Override
          public void settle() throws IOException {
            directory.deleteFile("written");
          }
        };
  }

  private static Work checksum(Directory directory) {
    return () -> {
      try (ChecksumIndexInput input =
          new BufferedChecksumIndexInput(directory.openInput("plain.bin", IOContext.READONCE))) {
        input.seek(input.length());
        sum = input.getChecksum();
        return input.length();
      }
    };
  }

  private static Map<String, Prepare> works() {
    final Map<String, Prepare> works = new LinkedHashMap<>();
    final byte[] bytes64 = new byte[64];
    final byte[] bytes16 = new byte[16];
    final byte[] piece = new byte[1 << 14];
    final int[] ints = new int[1024];
    final long[] longs = new long[1024];
    final float[] floats = new float[1024];
    works.put("byte", scalars("plain.bin", 1, IndexInput::readByte));
    works.put("int", scalars("plain.bin", 4, IndexInput::readInt));
    works.put("small-int", scalars("small.bin", 4, IndexInput::readInt));
    works.put("long", scalars("plain.bin", 8, IndexInput::readLong));
    works.put("safe-long", scalars("small.bin", 8, IndexInput::readLong));
    works.put("vint", scalars("vints.bin", 5, IndexInput::readVInt));
    works.put("bytes-1m", whole(1 << 20));
    works.put("bytes-16k", whole(1 << 14));
    works.put("bytes-64", filling(64, BATCH, input -> read(input, bytes64)));
    works.put("bytes-16", filling(16, BATCH, input -> read(input, bytes16)));
    if (READ_INTS != null) {
      works.put(
          "ints",
          filling(
              4096,
              256,
              input -> byHandle(input, it -> READ_INTS.invokeExact(it, ints, 0, ints.length))));
    }
    if (READ_LONGS != null) {
      works.put(
          "longs",
          filling(
              8192,
              256,
              input -> byHandle(input, it -> READ_LONGS.invokeExact(it, longs, 0, longs.length))));
    }
    if (READ_FLOATS != null) {
      works.put(
          "floats",
          filling(
              4096,
              256,
              input -> byHandle(input, it -> READ_FLOATS.invokeExact(it, floats, 0, floats.length))));
    }
    works.put("random", randomly(Long.MAX_VALUE));
    works.put("random-hot", randomly(HOT));
    works.put("absolute", absolutely(Long.MAX_VALUE));
    works.put("absolute-hot", absolutely(HOT));
    works.put("clone", atPlaces(BATCH, (input, at) -> input.clone()));
    works.put("slice", atPlaces(BATCH, (input, at) -> input.slice("part", at, 4096)));
    works.put("random-access-slice", atPlaces(BATCH, (input, at) -> input.randomAccessSlice(at, 4096)));
    if (PREFETCH != null) {
      works.put(
          "prefetch",
          atPlaces(
              256,
              (input, at) -> {
                prefetch(input, at);
                return input;
              }));
      works.put(
          "prefetch-clone",
          atPlaces(
              256,
              (input, at) -> {
                final IndexInput clone = input.clone();
                prefetch(clone, at);
                return clone;
              }));
    }
    works.put("open-close", opening(false, true));
    works.put("open-read-close", opening(true, true));
    works.put("open", opening(false, false));
    works.put("crc", LuceneBench::checksum);
    works.put("write-byte", writing(1, (output, i) -> output.writeByte((byte) i)));
    works.put("write-int", writing(4, (output, i) -> output.writeInt(i)));
    works.put("write-long", writing(8, (output, i) -> output.writeLong(i)));
    works.put("write-16k", writing(piece.length, (output, i) -> output.writeBytes(piece, piece.length)));
    return works;
  }

  private static long read(IndexInput input, byte[] target) throws IOException {
    input.readBytes(target, 0, target.length);
    return target[0];
  }

  private static double[] windows(Work work, double milliseconds) throws IOException {
    double[] windows = new double[1024];
    int count = 0;
    final long end = System.nanoTime() + (long) (milliseconds * 1e6);
    while (System.nanoTime() < end || count < 5) {
      final long start = System.nanoTime();
      final long done = work.run();
      final double taken = (double) (System.nanoTime() - start) / done;
      if (count == windows.length) windows = Arrays.copyOf(windows, count * 2);
      windows[count++] = taken;
      work.settle();
    }
    final double[] sorted = Arrays.copyOf(windows, count);
    Arrays.sort(sorted);
    return sorted;
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 1 && arguments[0].equals("--cases")) {
      for (String kind : new String[] {"mmap", "chunked", "niofs"}) {
        for (String name : works().keySet()) System.out.println(kind + " " + name);
      }
      return;
    }
    final Prepare prepare = works().get(arguments[1]);
    final double milliseconds = Double.parseDouble(arguments[3]);
    try (Directory directory = open(arguments[0], Path.of(arguments[2]))) {
      final Work work = prepare.over(directory);
      // The JVM compiles in stages, the last of which takes a while.
      windows(work, Math.max(milliseconds / 2, 1000));
      final double[] windows = windows(work, milliseconds);
      System.out.printf(
          java.util.Locale.ROOT,
          "{\"best\":%.9g,\"median\":%.9g,\"windows\":%d}%n",
          windows[0],
          windows[windows.length / 2],
          windows.length);
    }
  }
}

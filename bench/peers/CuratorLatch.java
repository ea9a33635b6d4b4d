import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * Candidates on Curator's LeaderLatch, as its documentation has it.
 *
 * <pre>java CuratorLatch SERVERS PATH DIRECTORY NAME INTERVAL_MS SESSION_MS SIZE</pre>
 *
 * Each candidate has a client of its own. It acts between isLeader and notLeader, which Curator
 * calls as soon as the connection is suspended, too. SIGTERM ends the duty, closes the latch, which
 * deletes its node, and closes the session.
 */
public final class CuratorLatch implements LeaderLatchListener {
    private static final int CAPACITY = 10;

    private final CuratorFramework client;
    private final LeaderLatch latch;
    private final Path directory;
    private final String name;
    private final long intervalMs;
    private final Object monitor = new Object();
    private boolean leads;
    private boolean stopped;
    private final Thread duty;

    private CuratorLatch(String[] arguments, String name) {
        this.name = name;
        directory = Path.of(arguments[2]);
        intervalMs = Long.parseLong(arguments[4]);
        client = CuratorFrameworkFactory.builder()
            .connectString(arguments[0])
            .sessionTimeoutMs(Integer.parseInt(arguments[5]))
            .retryPolicy(new ExponentialBackoffRetry(1000, 3))
            .build();
        latch = new LeaderLatch(client, arguments[1], name);
        latch.addListener(this);
        duty = new Thread(null, this::act, "duty", 256 * 1024);
    }

    public static void main(String[] arguments) throws Exception {
        int size = Integer.parseInt(arguments[6]);
        List<CuratorLatch> candidates = new ArrayList<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            // Sessions of a crowd run out by themselves.
            if (size == 1) candidates.forEach(CuratorLatch::stop);
        }));
        for (int index = 0; index < size; index += 1) {
            String name = size == 1 ? arguments[3] : arguments[3] + "-" + index;
            CuratorLatch candidate = new CuratorLatch(arguments, name);
            candidates.add(candidate);
            candidate.start();
            if (size > 1) Thread.sleep(10);
        }
    }

    @Override
    public void isLeader() {
        tell(true);
    }

    @Override
    public void notLeader() {
        tell(false);
    }

    private void start() throws Exception {
        duty.start();
        client.start();
        latch.start();
        System.out.println("ready");
    }

    private void stop() {
        synchronized (monitor) {
            stopped = true;
            monitor.notifyAll();
        }
        try {
            duty.join();
            latch.close();
        } catch (Exception error) {
            System.err.println(error);
        }
        client.close();
    }

    private void tell(boolean isLeader) {
        synchronized (monitor) {
            leads = isLeader;
            monitor.notifyAll();
        }
    }

    /** Writes while it leads; one file at once, and then one each interval. */
    private void act() {
        try {
            long sequence = 0;
            long term = -1;
            for (;;) {
                synchronized (monitor) {
                    while (!leads && !stopped) monitor.wait();
                    if (stopped) return;
                }
                String path = latch.getOurPath();
                if (path == null) continue;
                long current = Long.parseLong(path.substring(path.length() - 10));
                sequence = current == term ? sequence + 1 : 1;
                term = current;
                write(term, sequence);
                synchronized (monitor) {
                    if (leads && !stopped) monitor.wait(intervalMs);
                }
            }
        } catch (InterruptedException | IOException error) {
            System.err.println(error);
            Runtime.getRuntime().halt(1);
        }
    }

    private void write(long term, long sequence) throws IOException {
        String stem = String.format("%019d-%010d", term, sequence);
        Path temporary = directory.resolve("." + stem + "." + name + ".tmp");
        String text = "{\"replica\":\"" + name + "\",\"epoch\":\"" + term + "\",\"sequence\":"
            + sequence + "}\n";
        try (FileChannel file = FileChannel.open(
                temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            file.force(true);
        }
        Files.move(temporary, directory.resolve(stem + ".json"), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
            parent.force(true);
        }
        if (sequence > CAPACITY) {
            String old = String.format("%019d-%010d.json", term, sequence - CAPACITY);
            Files.deleteIfExists(directory.resolve(old));
        }
    }
}

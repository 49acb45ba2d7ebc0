import java.util.Scanner;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.AclCommand;

/** Runs kafka-acls once for each line of its input, in one JVM: arguments are separated by tabs. */
public class AddAcls {
    public static void main(String[] none) {
        Exit.setExitProcedure((status, message) -> {
            if (status != 0) {
                System.err.println(message);
                Runtime.getRuntime().halt(status);
            }
        });
        Scanner lines = new Scanner(System.in);
        while (lines.hasNextLine()) {
            AclCommand.main(lines.nextLine().split("\t"));
        }
    }
}
